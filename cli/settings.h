// Settings from the properties file (Poco::Util): key = value lines, read raw.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ferry::cli {

// `path` given by --config must exist; the default one ($XDG_CONFIG_HOME/ferry/ferry.properties) need not. Throws
// core::Error(usage).
std::map<std::string, std::string> read_settings(const std::string &path, bool must_exist);

std::string default_settings_path();
// $XDG_DATA_HOME, or ~/.local/share; empty without a home.
std::string data_home();

// The variable in lower case, else in upper case, else empty.
std::string either_case(const std::string &lower_name);
std::string variable(const char *name);

// The parts between separators that are not empty.
std::vector<std::string> split_list(const std::string &text, char separator = ',');

} // namespace ferry::cli
