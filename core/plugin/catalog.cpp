#include "core/plugin/catalog.h"

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/os/library.h"
#include "core/os/path.h"

#include <ferry/packer.h>
#include <ferry/registry.h>
#include <ferry/text.hpp>

#include <algorithm>
#include <filesystem>

namespace ferry::core {

namespace fs = std::filesystem;

namespace {

Text joined(const std::vector<std::string> &names) {
    std::string out;
    for (const std::string &name : names) out += (out.empty() ? "" : ", ") + name;
    return out.empty() ? say("none") : out;
}

} // namespace

std::vector<std::string> plugin_folders(const std::vector<std::string> &given, const std::string &plugin_path,
                                        const std::string &data_home, const std::string &executable) {
    std::vector<std::string> folders = given;
    for (std::string &folder : split_path_list(plugin_path)) folders.push_back(std::move(folder));
    if (!data_home.empty()) folders.push_back(data_home + "/ferry/plugins");
    folders.push_back((fs::path(executable).parent_path().parent_path() / "lib/ferry/plugins").string());
    return folders;
}

Catalog::Catalog(const std::vector<std::string> &folders) {
    std::vector<std::string> seen;
    for (const std::string &folder : folders) {
        std::vector<std::string> files;
        std::error_code ignored; // a folder that is not there holds no plugin
        for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored))
            if (it->path().extension() == library_suffix) files.push_back(it->path().string());
        std::sort(files.begin(), files.end());
        for (const std::string &file : files) {
            CatalogEntry entry;
            entry.file = file;
            try {
                entry.manifest = parse_plugin_manifest(read_manifest_section(file), file);
                check_trust(file);
                check_abi(entry.manifest.abi_major, entry.manifest.abi_minor, file);
                entry.shadowed = std::find(seen.begin(), seen.end(), entry.manifest.id) != seen.end();
                seen.push_back(entry.manifest.id);
            } catch (const Error &e) {
                entry.refused = e.message;
                entry.remedy = e.remedy;
            }
            entries_.push_back(std::move(entry));
        }
    }
}

std::vector<std::string> Catalog::ids(std::string_view interface_id) const {
    std::vector<std::string> ids;
    for (const CatalogEntry &entry : entries_)
        if (entry.refused.empty() && !entry.shadowed && entry.manifest.implements(interface_id))
            ids.push_back(entry.manifest.id);
    return ids;
}

const CatalogEntry &Catalog::find(const std::string &id, std::string_view interface_id) const {
    const CatalogEntry *refused = nullptr;
    for (const CatalogEntry &entry : entries_) {
        if (entry.manifest.id != id && fs::path(entry.file).stem() != id) continue;
        if (!entry.refused.empty())
            refused = &entry;
        else if (!entry.shadowed && entry.manifest.id == id && entry.manifest.implements(interface_id))
            return entry;
    }
    if (refused) throw Error(Kind::plugin, refused->refused, refused->remedy);
    const char *const missing = interface_id == FERRY_PACKER_V1     ? later("there is no packer plugin '{}'")
                                : interface_id == FERRY_REGISTRY_V1 ? later("there is no registry plugin '{}'")
                                                                    : later("there is no transport plugin '{}'");
    const std::vector<std::string> others = ids(interface_id);
    const std::string meant = nearest(id, others);
    throw Error(Kind::plugin, say(missing, id),
                meant.empty() ? say("available: {}; `ferry plugins list` shows where ferry looks", joined(others))
                              : say("did you mean {}? available: {}; `ferry plugins list` shows where ferry looks",
                                    meant, joined(others)));
}

const ferry_plugin &Catalog::load(const CatalogEntry &entry) const {
    const std::lock_guard lock(mutex_);
    const ferry_plugin *&plugin = loaded_[entry.file];
    if (!plugin) plugin = &load_plugin(entry.file);
    return *plugin;
}

bool declares_option(const ferry_plugin &plugin, std::string_view key) {
    for (const ferry_option *option = plugin.options; option && option->key; ++option)
        if (key == option->key) return true;
    return false;
}

std::map<std::string, std::string> plugin_options(const ferry_plugin &plugin,
                                                  const std::map<std::string, std::string> &shared,
                                                  const std::map<std::string, std::string> &own) {
    std::map<std::string, std::string> values;
    std::vector<std::string> keys;
    for (const ferry_option *option = plugin.options; option && option->key; ++option) {
        keys.emplace_back(option->key);
        if (option->fallback) values[option->key] = option->fallback;
        if (const auto it = shared.find(option->key); it != shared.end()) values[option->key] = it->second;
    }
    for (const auto &[key, value] : own) {
        if (!declares_option(plugin, key)) {
            const std::string meant = nearest(key, keys);
            throw Error(Kind::usage, say("the plugin {} has no option '{}'", plugin.id, key),
                        meant.empty() ? say("its options: {}", joined(keys))
                                      : say("did you mean {}? its options: {}", meant, joined(keys)));
        }
        values[key] = value;
    }
    return values;
}

} // namespace ferry::core
