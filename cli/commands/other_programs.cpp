#include "cli/commands/other_programs.h"

#include "cli/show/shell.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

// A word behind `docker pull`, as ferry takes it.
std::string translated_word(const std::string &word) {
    const std::string platform = "--platform";
    if (word == platform) return "-a";
    if (word.rfind(platform + "=", 0) == 0) return "-a " + shell_word(word.substr(platform.size() + 1));
    return word == "-q" ? "--quiet" : shell_word(word);
}

} // namespace

std::optional<core::Error> other_program(const std::vector<std::string> &arguments) {
    if (arguments.empty()) return std::nullopt;
    const std::string &first = arguments.front();
    if (first == "login" || first == "logout")
        return Error(Kind::usage, say("ferry has no command {}: it keeps no logins", first),
                     say("name a user with -u NAME; what docker login and podman login keep is used as it is"));
    const bool program = first == "docker" || first == "podman" || first == "nerdctl" || first == "crane";
    if (!program || arguments.size() < 2 || arguments[1] != "pull") return std::nullopt;
    std::string meant = "ferry";
    std::for_each(arguments.begin() + 2, arguments.end(),
                  [&](const std::string &word) { meant += " " + translated_word(word); });
    return Error(Kind::usage, say("`{} pull` is a command of another program", first),
                 arguments.size() < 3
                     ? say("for example: ferry nginx:1.21 -o ./images; `ferry --help` shows all options")
                     : say("did you mean `{}`?", meant));
}

} // namespace ferry::cli
