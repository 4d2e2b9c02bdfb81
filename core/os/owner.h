// Who else could change what a path leads to.
#pragma once

#include <string>
#include <system_error>

namespace ferry::core {

enum class Exposure {
    none,
    writable, // others may write to it; not said of a folder in which they may make files but not replace one
    foreign   // it belongs to somebody other than this user and the administrator
};

// `failed` says why when it cannot be told.
Exposure exposure_of(const std::string &path, std::error_code &failed);

} // namespace ferry::core
