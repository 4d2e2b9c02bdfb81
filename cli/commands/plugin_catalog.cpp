#include "cli/commands/plugin_catalog.h"

#include "cli/line/settings.h"
#include "cli/system.h"
#include "core/base/error.h"
#include "core/os/file.h"

#include <ferry/text.hpp>

namespace ferry::cli {

std::vector<std::string> plugin_folders(std::vector<std::string> plugin_dirs) {
    for (const std::string &folder : split_list(variable("FERRY_PLUGIN_DIR"), ':')) plugin_dirs.push_back(folder);
    for (const std::string &folder : plugin_dirs)
        if (!core::real_disk().exists(folder))
            throw core::Error(core::Kind::usage, say("the plugin folder {} does not exist", folder));
    return core::plugin_folders(plugin_dirs, variable("FERRY_PLUGIN_PATH"), data_home(), executable_path());
}

core::Catalog plugin_catalog(std::vector<std::string> plugin_dirs) {
    return core::Catalog(plugin_folders(std::move(plugin_dirs)));
}

} // namespace ferry::cli
