#include "core/os/disk_error_posix.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <cstring>

namespace ferry::core {

void fail_on_disk(const char *what, const std::string &path, int code) {
    Text remedy = say("check the folder and its permissions, or choose another with -o DIR");
    if (code == ENOSPC || code == EDQUOT) remedy = say("free some space, or choose a larger disk with -o DIR");
    if (code == EMFILE) remedy = say("raise the limit for open files: ulimit -n 1024");
    if (code == EFBIG) remedy = say("this file system holds no file of that size: choose another with -o DIR");
    throw Error(Kind::disk, say(what, path, std::strerror(code)), remedy);
}

} // namespace ferry::core
