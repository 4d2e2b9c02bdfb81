#include "cli/commands/login.h"

#include "cli/language/language.h"
#include "cli/line/question.h"
#include "core/base/error.h"
#include "core/os/environment.h"

#include <ferry/text.hpp>

#include <iostream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

std::string password_from_input() {
    std::string password;
    std::getline(std::cin, password);
    if (!password.empty() && password.back() == '\r') password.pop_back();
    if (password.empty()) throw Error(Kind::usage, say("--password-stdin found no password on standard input"));
    return password;
}

std::string password_of(const std::string &username, const std::stop_token &stop) {
    std::string password = core::variable("FERRY_PASSWORD");
    if (password.empty()) password = read_hidden(tr("Password of {}: ", username), stop);
    if (stop.stop_requested()) throw Error(Kind::interrupted, say("interrupted"));
    if (password.empty())
        throw Error(Kind::usage, say("there is no password for {}", username),
                    say("give it with --password-stdin or in the variable FERRY_PASSWORD"));
    return password;
}

} // namespace

core::Credentials credentials(const Values &values, const std::stop_token &stop) {
    core::Credentials out;
    out.username = values.text("--username");
    if (values.flag("--password-stdin")) {
        if (out.username.empty()) throw Error(Kind::usage, say("--password-stdin needs a user: -u NAME"));
        out.secret = password_from_input();
    } else if (!out.username.empty()) {
        out.secret = password_of(out.username, stop);
    }
    return out;
}

} // namespace ferry::cli
