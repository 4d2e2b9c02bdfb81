// What the errors of files say, from errno.
#pragma once

#include <string>

namespace ferry::core {

// Throws Error(disk): `what` is a sentence with a place for the path and one for the reason, which `code` (errno) says.
[[noreturn]] void fail_on_disk(const char *what, const std::string &path, int code);

} // namespace ferry::core
