#include "core/plugin/manifest.h"

#include "core/base/error.h"
#include "core/os/owner.h"
#include "core/plugin/elf.h"

#include <ferry/text.hpp>

#include <ferry/plugin.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace ferry::core {

namespace {

constexpr std::size_t most_manifest = 4096;

[[noreturn]] void refuse(const std::string &file, const Text &why, const Text &remedy = {}) {
    throw Error(Kind::plugin, say("the plugin {} is refused: {}", file, why), remedy);
}

bool valid_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == id.npos;
}

} // namespace

bool PluginManifest::implements(std::string_view interface_id) const {
    return std::find(interfaces.begin(), interfaces.end(), interface_id) != interfaces.end();
}

PluginManifest parse_plugin_manifest(std::string_view text, const std::string &file) {
    constexpr std::string_view head = FERRY_MANIFEST_HEAD;
    if (text.substr(0, head.size()) != head) refuse(file, say("its manifest has an unknown form"));
    text = text.substr(head.size(), text.find('\0', head.size()) - head.size());
    PluginManifest manifest;
    bool abi = false;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto space = std::min(line.find(' '), line.size());
        const std::string_view key = line.substr(0, space);
        const std::string value(line.substr(std::min(space + 1, line.size())));
        if (key == "abi") {
            unsigned major = 0, minor = 0;
            char rest = 0;
            if (std::sscanf(value.c_str(), "%5u.%5u%c", &major, &minor, &rest) != 2)
                refuse(file, say("its manifest has no valid abi line"));
            manifest.abi_major = major;
            manifest.abi_minor = minor;
            abi = true;
        } else if (key == "id") {
            manifest.id = value;
        } else if (key == "version") {
            manifest.version = value;
        } else if (key == "interface") {
            manifest.interfaces.push_back(value);
        } else if (key == "summary") {
            manifest.summary = value;
        } else if (key == "vendor") {
            manifest.vendor = value;
        }
    }
    if (!abi) refuse(file, say("its manifest names no abi"));
    if (!valid_id(manifest.id)) refuse(file, say("its manifest has no valid id"));
    if (manifest.interfaces.empty()) refuse(file, say("its manifest names no interface"));
    return manifest;
}

std::string read_manifest_section(const std::string &file) {
    constexpr std::string_view name(FERRY_MANIFEST_SECTION, sizeof FERRY_MANIFEST_SECTION - 1);
    // A pipe would keep whoever opens it waiting.
    if (std::error_code unknown;
        std::filesystem::exists(file, unknown) && !std::filesystem::is_regular_file(file, unknown))
        refuse(file, say("it is no file"));
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) refuse(file, say("it cannot be opened: {}", std::strerror(errno)));
    const auto size = static_cast<std::uint64_t>(in.tellg());
    const auto read = [&](std::uint64_t offset, std::uint64_t length) {
        std::string bytes(length, '\0');
        in.seekg(static_cast<std::streamoff>(offset));
        if (!in.read(bytes.data(), static_cast<std::streamsize>(length))) refuse(file, say("it cannot be read"));
        return bytes;
    };
    ElfSection found = find_elf_section(size, read, name, most_manifest);
    switch (found.outcome) {
    case ElfSection::Outcome::found: break;
    case ElfSection::Outcome::not_elf: refuse(file, say("it is no shared library"));
    case ElfSection::Outcome::foreign: refuse(file, say("it is made for another kind of machine"));
    case ElfSection::Outcome::no_sections: refuse(file, say("it has no section table"));
    case ElfSection::Outcome::damaged: refuse(file, say("it is cut short or damaged"));
    case ElfSection::Outcome::bad_size: refuse(file, say("its manifest has an impossible size"));
    case ElfSection::Outcome::absent:
        refuse(file, say("it is no ferry plugin (no .ferry section)"),
               say("build it with ferry_add_plugin() of the SDK"));
    }
    return std::move(found.bytes);
}

void check_trust(const std::string &file) {
    namespace fs = std::filesystem;
    // A link is as good as what it leads to and as the folder that it stands in.
    std::error_code unknown;
    const fs::path target = fs::canonical(file, unknown);
    for (const std::string &path : {file, fs::absolute(file).parent_path().string(), target.parent_path().string()}) {
        if (path.empty()) continue; // a broken link, which the first round refuses
        const Exposure exposure = exposure_of(path, unknown);
        if (unknown) refuse(file, say("{}: {}", path, unknown.message()));
        if (exposure == Exposure::writable)
            refuse(file, say("{} may be written by others", path), "chmod go-w " + path);
        if (exposure == Exposure::foreign)
            refuse(file, say("{} belongs to another user", path), say("chown it to yourself or to root"));
    }
}

void check_abi(std::uint32_t major, std::uint32_t minor, const std::string &file) {
    if (major == FERRY_ABI_MAJOR && minor <= FERRY_ABI_MINOR) return;
    const std::string theirs = std::to_string(major) + "." + std::to_string(minor);
    const std::string ours = std::to_string(FERRY_ABI_MAJOR) + "." + std::to_string(FERRY_ABI_MINOR);
    const bool newer = major > FERRY_ABI_MAJOR || (major == FERRY_ABI_MAJOR && minor > FERRY_ABI_MINOR);
    refuse(file, say("it is made for plugin interface {}, and this ferry has {}", theirs, ours),
           newer ? say("update ferry") : say("rebuild the plugin with the SDK of this ferry"));
}

} // namespace ferry::core
