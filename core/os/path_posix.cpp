#include "core/os/path.h"

#include <ferry/kit/ascii.hpp>

#include <climits>
#include <unistd.h>

namespace ferry::core {

std::string executable_path() {
    char buffer[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", buffer, sizeof buffer);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
}

std::string folder_of(const std::string &path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::vector<std::string> split_path_list(std::string_view list) {
    const auto paths = kit::words(list, ":");
    return {paths.begin(), paths.end()};
}

} // namespace ferry::core
