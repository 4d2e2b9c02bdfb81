#include "cli/commands/plugin_catalog.h"

#include "core/base/error.h"
#include "core/os/disk.h"
#include "core/os/environment.h"
#include "core/os/path.h"

#include <ferry/text.hpp>

namespace ferry::cli {

std::vector<std::string> plugin_folders(std::vector<std::string> plugin_dirs) {
    for (const std::string &folder : core::split_path_list(core::variable("FERRY_PLUGIN_DIR")))
        plugin_dirs.push_back(folder);
    for (const std::string &folder : plugin_dirs)
        if (!core::real_disk().exists(folder))
            throw core::Error(core::Kind::usage, say("the plugin folder {} does not exist", folder));
    return core::plugin_folders(plugin_dirs, core::variable("FERRY_PLUGIN_PATH"), core::data_folder(),
                                core::executable_path());
}

core::Catalog plugin_catalog(std::vector<std::string> plugin_dirs) {
    return core::Catalog(plugin_folders(std::move(plugin_dirs)));
}

} // namespace ferry::cli
