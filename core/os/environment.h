// The environment, and the user's folders that it names.
#pragma once

#include <string>

namespace ferry::core {

// The value of a variable; empty when it is not set.
std::string variable(const char *name);

// Where programs keep their settings ($XDG_CONFIG_HOME, or ~/.config) and their data ($XDG_DATA_HOME, or
// ~/.local/share) for this user (XDG Base Directory Specification 0.8), and where the user is at home. Empty when
// nothing says so.
std::string config_folder();
std::string data_folder();
std::string home_folder();

} // namespace ferry::core
