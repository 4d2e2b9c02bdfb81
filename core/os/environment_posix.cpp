#include "core/os/environment.h"

#include <cstdlib>

namespace ferry::core {

namespace {

std::string xdg_folder(const char *name, const char *fallback) {
    if (std::string named = variable(name); !named.empty()) return named;
    const std::string home = home_folder();
    return home.empty() ? home : home + fallback;
}

} // namespace

std::string variable(const char *name) {
    const char *value = std::getenv(name);
    return value ? value : "";
}

std::string config_folder() {
    return xdg_folder("XDG_CONFIG_HOME", "/.config");
}

std::string data_folder() {
    return xdg_folder("XDG_DATA_HOME", "/.local/share");
}

std::string home_folder() {
    return variable("HOME");
}

} // namespace ferry::core
