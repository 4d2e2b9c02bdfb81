// Where plugins are looked for, and what is found there.
#pragma once

#include "core/plugin/catalog.h"

#include <string>
#include <vector>

namespace ferry::cli {

// The folders of --plugin-dir, those of FERRY_PLUGIN_DIR, and the usual ones. Throws core::Error(usage) where one that
// was named does not exist.
std::vector<std::string> plugin_folders(std::vector<std::string> plugin_dirs);
// The plugins in them. Throws as plugin_folders() does.
core::Catalog plugin_catalog(std::vector<std::string> plugin_dirs);

} // namespace ferry::cli
