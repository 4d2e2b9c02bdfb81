#include "cli/commands/credential_helper.h"
#include "cli/language/language.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/tame.h"
#include "core/os/process.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

constexpr std::size_t most_answer = 64 << 10;

// What a helper that failed says; never the beginning of a document, which may hold a secret.
std::string words_of(std::string text) {
    text.resize(std::min(text.find('\n'), text.size()));
    text.resize(std::min<std::size_t>(text.size(), 200));
    if (text.find('{') != text.npos) return {};
    return core::tame(text);
}

} // namespace

std::optional<core::Credentials> ask_helper(const std::string &name, const std::string &server, int patience_ms) {
    const std::string program = "docker-credential-" + name;
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) || c == '-' || c == '_' || c == '.';
        }))
        throw Error(Kind::usage, say("'{}' is no name of a credential helper", name),
                    say("mend credsStore and credHelpers in docker's config.json"));
    const Text remedy = say("run `{} get` to see what it lacks, or name a user with -u", program);
    core::Program helper{program, {"get"}, server, {"FERRY_PASSWORD"}};
    helper.most_output = most_answer;
    helper.patience = std::chrono::milliseconds(patience_ms);
    const core::ProcessResult result = core::run_process(helper);
    using End = core::ProcessResult::End;
    switch (result.end) {
    case End::done: break;
    case End::not_found:
        throw Error(Kind::access, say("the credential helper {} is not installed: its logins are not used", program));
    case End::not_started:
        throw Error(Kind::access, say("cannot run the credential helper {}: {}", program, result.reason), remedy);
    case End::late:
        throw Error(Kind::access,
                    say("the credential helper {} gave no answer within {} seconds", program, patience_ms / 1000),
                    remedy);
    case End::failed:
        if (result.output.find("credentials not found") != std::string::npos) return std::nullopt;
        throw Error(Kind::access,
                    say("the credential helper {} failed for {}: {}", program, server, words_of(result.output)),
                    remedy);
    }
    try {
        const core::Json login = core::Json::parse(result.output, program, most_answer);
        const std::string username = login.string("Username"), secret = login.string("Secret");
        if (username == "<token>") return core::Credentials{username, {}, secret};
        return core::Credentials{username, secret, {}};
    } catch (const Error &) { // its words may hold the secret
        throw Error(Kind::access, say("the credential helper {} answers what is no login", program), remedy);
    }
}

} // namespace ferry::cli
