// A plugin as it shows itself without being loaded: the text in its .ferry section, and who may write the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

struct PluginManifest {
    std::uint32_t abi_major = 0;
    std::uint32_t abi_minor = 0;
    std::string id;
    std::string version;
    std::string summary;
    std::string vendor;
    std::vector<std::string> interfaces;

    bool implements(std::string_view interface_id) const;
};

// Reads `key value` lines behind the head line (sdk/include/ferry/plugin.h). Throws Error(plugin) naming `file`.
PluginManifest parse_plugin_manifest(std::string_view text, const std::string &file);

// The .ferry section of a 64-bit little-endian ELF file (System V gABI, chapter 4). Reads a bounded part of the file
// and trusts none of it. Throws Error(plugin) when it is no such file or has no such section.
std::string read_manifest_section(const std::string &file);

// Throws Error(plugin) when somebody other than root and the user could have put other code there: the file or its
// folder is writable by group or others, or belongs to a third.
void check_trust(const std::string &file);

// Throws Error(plugin), naming both versions, when this host cannot run the plugin.
void check_abi(std::uint32_t major, std::uint32_t minor, const std::string &file);

} // namespace ferry::core
