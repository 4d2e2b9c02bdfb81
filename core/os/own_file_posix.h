// Files that ferry writes to: archives in the making, their journals and spools, the log. The one rule for whom a file
// that stands under such a name may belong to. A name in a folder that others write to, too, may lead anywhere.
#pragma once

#include "core/os/file_descriptor_posix.h"

#include <string>

namespace ferry::core {

// May others write to a file that is taken over? Where they may, `replaced` makes a new one instead of it.
enum class Writers { any, replaced };

// Opens `path`, or makes it with `mode` less the umask; `flags` are those of open(2) for access. What is there is taken
// over only when it is a regular file of this user without another name. A link is not followed, a named pipe or device
// not waited for. Throws Error(disk), and has changed nothing then.
FileDescriptor open_own(const std::string &path, int flags, unsigned mode, Writers writers);

// The same for what is there: none when there is nothing, or nothing of this user.
FileDescriptor find_own(const std::string &path, int flags);

// A new empty file without a name in the folder of `path`, which shows what that folder does with new files; none,
// with errno, where that fails.
FileDescriptor open_nameless(const std::string &path, unsigned mode);

} // namespace ferry::core
