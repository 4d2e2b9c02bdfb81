// Loads a shared library and gives its descriptor, vetted. The only user of Boost.DLL.
#pragma once

#include "core/plugin/manifest.h"

#include <ferry/plugin.h>

namespace ferry::core {

// Loads `file` for good (it is never unloaded), with all symbols resolved at once and none shared. Trust and ABI are
// checked before any code of the plugin runs, the descriptor against the manifest before any function is called.
// Throws Error(plugin). [any-thread]
const ferry_plugin &load_plugin(const std::string &file);

// The table of `interface_id`, at least as long as `least` bytes. Throws Error(plugin).
const void *plugin_interface(const ferry_plugin &plugin, const char *interface_id, std::size_t least);

} // namespace ferry::core
