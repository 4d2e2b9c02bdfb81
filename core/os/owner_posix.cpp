#include "core/os/owner.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace ferry::core {

Exposure exposure_of(const std::string &path, std::error_code &failed) {
    failed.clear();
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        failed.assign(errno, std::generic_category());
        return Exposure::foreign;
    }
    // The sticky bit keeps others from replacing files in a shared folder.
    const bool shared_folder = S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX);
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) && !shared_folder) return Exposure::writable;
    return found.st_uid != 0 && found.st_uid != ::geteuid() ? Exposure::foreign : Exposure::none;
}

} // namespace ferry::core
