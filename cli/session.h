// What every command that talks to registries has: a log without secrets, the user's logins, the plugins.
#pragma once

#include "cli/logins.h"
#include "core/registry/access.h"

#include <functional>
#include <string_view>

namespace ferry::cli {

// Folders given by the user, by FERRY_PLUGIN_DIR, and the usual ones. Throws core::Error(usage).
core::Catalog catalog_of(std::vector<std::string> plugin_dirs);

class Session {
public:
    // Gives `request` the user's logins: the session must outlive its use. `warn` shows warnings. Throws core::Error.
    Session(core::AccessRequest &request, bool debug, std::function<void(std::string_view)> warn);

    core::Log log;

    void warn_if(const core::Insecure &insecure);
    // Logs and shows a failure without secrets; returns the exit code.
    int fail(const core::Error &error);

private:
    std::optional<Keychain> keychain_;
};

} // namespace ferry::cli
