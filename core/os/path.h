// Paths as this system writes them, and the program's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

// The absolute path of this program; empty when it cannot be found out.
std::string executable_path();

// The folder that `path` stands in: "." for a bare name (pure).
std::string folder_of(const std::string &path);

// The paths of a list as variables like PATH hold it, without empty ones (pure).
std::vector<std::string> split_path_list(std::string_view list);

} // namespace ferry::core
