// Files that ferry writes to: archives in the making, their journals and spools, the log. The one rule for whom a file
// that stands under such a name may belong to. A name in a folder that others write to, too, may lead anywhere.
#pragma once

#include <string>

namespace ferry::core {

// May others write to a file that is taken over? Where they may, `replaced` makes a new one instead of it.
enum class Writers { any, replaced };

// Opens `path`, or makes it with `mode` less the umask; `flags` are those of open(2) for access. What is there is taken
// over only when it is a regular file of this user without another name. A link is not followed, a named pipe or device
// not waited for. Returns the descriptor, for the caller to close. Throws Error(disk), and has changed nothing then.
int open_own(const std::string &path, int flags, unsigned mode, Writers writers);

// The same for what is there: -1 when there is nothing, or nothing of ours.
int find_own(const std::string &path, int flags);

// A new empty file without a name in the folder of `path`, which shows what that folder does with new files. Returns
// its descriptor, for the caller to close, or -1 with errno.
int open_nameless(const std::string &path, unsigned mode);

// The folder of `path`.
std::string folder_of(const std::string &path);

// Throws Error(disk): `what` is a sentence with a place for the path and one for the reason, which `code` (errno) says.
[[noreturn]] void fail_on_disk(const char *what, const std::string &path, int code);

} // namespace ferry::core
