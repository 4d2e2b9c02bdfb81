// What every command that talks to registries keeps while it runs: a log without secrets, and the user's logins.
#pragma once

#include "cli/commands/logins.h"
#include "cli/language/language.h"
#include "core/registry/access.h"

#include <functional>
#include <string_view>

namespace ferry::cli {

class RegistrySession {
public:
    // Gives `request` the user's logins: the session must outlive its use. `warn` shows warnings. Throws core::Error.
    RegistrySession(core::AccessRequest &request, bool debug, std::function<void(std::string_view)> warn);

    core::Log log{&words()};

    void warn_if(const core::Insecure &insecure);
    // Logs a failure; returns it without secrets, to be thrown on.
    core::Error fail(const core::Error &error);

private:
    std::optional<Keychain> keychain_;
};

} // namespace ferry::cli
