// Credential helpers: programs docker-credential-NAME that keep logins (docker's credential helper protocol).
#pragma once

#include "cli/commands/logins.h"

namespace ferry::cli {

// `ask_helper` with this time limit, for the program found in PATH. It runs without a shell, in a process group of its
// own that is killed when the time is over, and without FERRY_PASSWORD in its environment.
constexpr int helper_patience_ms = 30'000;
std::optional<core::Credentials> ask_helper(const std::string &name, const std::string &server,
                                            int patience_ms = helper_patience_ms);

} // namespace ferry::cli
