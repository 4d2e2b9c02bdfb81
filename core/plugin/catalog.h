// Which plugins there are, where each was found, and their options.
//
// Search order: the folders given by the user, those of FERRY_PLUGIN_PATH, $XDG_DATA_HOME/ferry/plugins, and the folder
// beside the program. The first of an id wins; later ones are listed as shadowed. A file that cannot be a plugin is
// listed with the reason and never stops the others. Reading a folder loads nothing.
#pragma once

#include "core/plugin/loader.h"
#include "core/plugin/services.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ferry::core {

struct CatalogEntry {
    std::string file;
    PluginManifest manifest; // empty when refused
    Text refused;            // why, or empty
    Text remedy;             // of the refusal
    bool shadowed = false;   // another file of the same id came first
};

// The folders to search, most important first (pure). `executable` is the absolute path of the program.
std::vector<std::string> plugin_folders(const std::vector<std::string> &given, const std::string &plugin_path,
                                        const std::string &data_home, const std::string &executable);

class Catalog {
public:
    explicit Catalog(const std::vector<std::string> &folders);

    const std::vector<CatalogEntry> &entries() const noexcept { return entries_; }
    // Ids of the usable plugins that implement the interface, in the order found.
    std::vector<std::string> ids(std::string_view interface_id) const;
    // The usable plugin of that id and interface; throws Error(plugin) naming those that there are.
    const CatalogEntry &find(const std::string &id, std::string_view interface_id) const;
    // Loads it, once. [any-thread]
    const ferry_plugin &load(const CatalogEntry &entry) const;

private:
    std::vector<CatalogEntry> entries_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, const ferry_plugin *> loaded_;
};

// The options handed to a plugin: fallbacks, then `shared` (what the command line says to all of its kind, taken where
// the plugin declares such an option), then `own` (KEY of --opt ID.KEY). Throws Error(usage) on an unknown own key.
std::map<std::string, std::string> plugin_options(const ferry_plugin &plugin,
                                                  const std::map<std::string, std::string> &shared,
                                                  const std::map<std::string, std::string> &own);

// Does the plugin declare that option?
bool declares_option(const ferry_plugin &plugin, std::string_view key);

} // namespace ferry::core
