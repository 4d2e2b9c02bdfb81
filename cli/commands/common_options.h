// Options that several commands have.
#pragma once

#include "cli/line/options.h"

#include <ferry/text.hpp>

namespace ferry::cli {

inline constexpr Option language_option = {
    "--lang", "zh|en", "lang", "", later("language of all texts; by default that of the locale"), Complete::language};
inline constexpr Option help_option = {"-h,--help", "", "", "", later("print this help and exit")};
inline constexpr Option registry_option = {"-r,--registry", "HOST", "registry", "registry-1.docker.io",
                                           later("registry for image names without one: [http://]host[:port]")};
inline constexpr Option config_option = {
    "--config", "FILE", "", "$XDG_CONFIG_HOME/ferry/ferry.properties", later("settings file"), Complete::file};
inline constexpr Option plugin_dir_option = {
    "--plugin-dir", "DIR", "", "", later("a folder with plugins, searched first"), Complete::folder, true};

// --json of a command that has results alone. It is no setting, which would be that of a pull.
constexpr Option result_json_option(const char *help) {
    return {"--json", "", "", "", help};
}

} // namespace ferry::cli
