// What every command that talks to registries has: a log without secrets, the user's logins, the plugins.
#pragma once

#include "cli/commands/logins.h"
#include "cli/line/language.h"
#include "core/registry/access.h"

#include <functional>
#include <string_view>

namespace ferry::cli {

// Folders given by the user, by FERRY_PLUGIN_DIR, and the usual ones. Throws core::Error(usage) where one that was
// named is not there.
std::vector<std::string> folders_of(std::vector<std::string> plugin_dirs);
// The plugins in them. Throws as folders_of does.
core::Catalog catalog_of(std::vector<std::string> plugin_dirs);

class Session {
public:
    // Gives `request` the user's logins: the session must outlive its use. `warn` shows warnings. Throws core::Error.
    Session(core::AccessRequest &request, bool debug, std::function<void(std::string_view)> warn);

    core::Log log{&words()};

    void warn_if(const core::Insecure &insecure);
    // Logs a failure; returns it without secrets, to be thrown on.
    core::Error fail(const core::Error &error);

private:
    std::optional<Keychain> keychain_;
};

} // namespace ferry::cli
