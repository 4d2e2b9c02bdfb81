#include "core/plugin/loader.h"

#include "core/base/error.h"
#include "core/os/library.h"

// Boost.DLL 1.74 with the standard file system forgets these two.
#include <ferry/text.hpp>

#include <cstring>
#include <vector>

#define BOOST_DLL_USE_STD_FS
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <boost/dll/shared_library.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace ferry::core {

namespace {

[[noreturn]] void refuse(const std::string &file, const Text &why) {
    throw Error(Kind::plugin, say("the plugin {} is refused: {}", file, why),
                say("reinstall or rebuild it; `ferry plugins list` shows what is found where"));
}

std::string text(const char *s) {
    return s ? s : "";
}

} // namespace

const ferry_plugin &load_plugin(const std::string &file) {
    const PluginManifest manifest = parse_plugin_manifest(read_manifest_section(file), file);
    check_trust(file);
    check_abi(manifest.abi_major, manifest.abi_minor, file);

    namespace dll = boost::dll;
    // Boost has no name for these bits but passes them on. A plugin's threads and statics may outlive any wish to
    // unload it, so none ever is.
    const auto mode = static_cast<dll::load_mode::type>(dll::load_mode::rtld_now | dll::load_mode::rtld_local |
                                                        static_cast<int>(stay_loaded_mode()));
    std::error_code failed;
    take_load_error();
    dll::shared_library library;
    library.load(std::filesystem::absolute(file), failed, mode);
    if (failed) {
        const std::string reason = take_load_error(); // Boost reports every cause as the same code
        refuse(file, reason.empty() ? failed.message() : reason);
    }
    if (!library.has(FERRY_PLUGIN_SYMBOL)) refuse(file, say("it exports no {}", FERRY_PLUGIN_SYMBOL));
    const auto &plugin = library.get<const ferry_plugin>(FERRY_PLUGIN_SYMBOL);

    if (plugin.magic != FERRY_PLUGIN_MAGIC || !FERRY_HAS(&plugin, get_interface) || !plugin.get_interface)
        refuse(file, say("its descriptor is damaged"));
    check_abi(plugin.abi_major, plugin.abi_minor, file);
    if (text(plugin.id) != manifest.id || text(plugin.version) != manifest.version)
        refuse(file, say("its manifest calls it {} {}, its descriptor {} {}", manifest.id, manifest.version,
                         text(plugin.id), text(plugin.version)));
    for (const std::string &interface_id : manifest.interfaces)
        if (!plugin.get_interface(interface_id.c_str()))
            refuse(file, say("its manifest promises {}, which it does not have", interface_id));
    return plugin;
}

const void *plugin_interface(const ferry_plugin &plugin, const char *interface_id, std::size_t least) {
    const void *table = plugin.get_interface(interface_id);
    std::uint32_t size = 0;
    if (table) std::memcpy(&size, table, sizeof size);
    if (size < least)
        throw Error(Kind::plugin, say("the plugin {} has no usable {}", text(plugin.id), interface_id),
                    say("rebuild it with the SDK of this ferry"));
    return table;
}

} // namespace ferry::core
