#include "core/os/own_file_posix.h"

#include "core/base/error.h"
#include "core/os/disk_error_posix.h"
#include "core/os/path.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ferry::core {

namespace {

// What a folder makes of a new file. Some file systems have one owner and one mode for all (vfat, shares).
struct stat new_file_like(const std::string &path, bool &known) {
    struct stat made {};
    const FileDescriptor file = open_nameless(path, 0600);
    known = file && ::fstat(file.get(), &made) == 0;
    return made;
}

bool is_own(const std::string &path, const struct stat &found) {
    if (found.st_uid == ::geteuid()) return true;
    bool known = false;
    const struct stat made = new_file_like(path, known);
    return known && made.st_uid == found.st_uid;
}

// Why ferry does not write to it; empty when it may.
Text objection(const std::string &path, const struct stat &found) {
    if (S_ISLNK(found.st_mode)) return say("ferry does not write to {}: it is a symbolic link", path);
    if (!S_ISREG(found.st_mode)) return say("ferry does not write to {}: it is not a regular file", path);
    if (!is_own(path, found))
        return say("ferry does not write to {}: it belongs to another user (number {})", path, found.st_uid);
    if (found.st_nlink > 1) return say("ferry does not write to {}: the file has other names, too (hard links)", path);
    return {};
}

bool others_write(const std::string &path, const struct stat &found) {
    constexpr mode_t others = S_IWGRP | S_IWOTH;
    if ((found.st_mode & others) == 0) return false;
    bool known = false;
    const struct stat made = new_file_like(path, known);
    return !known || (found.st_mode & others & ~made.st_mode) != 0;
}

[[noreturn]] void refuse(const std::string &path, const Text &why) {
    throw Error(Kind::disk, why, say("move or remove {}, or choose another folder with -o DIR", path));
}

} // namespace

FileDescriptor open_nameless(const std::string &path, unsigned mode) {
    const std::string folder = folder_of(path);
    FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
    // Each file system without O_TMPFILE has another word for that.
    if (file || errno == EACCES || errno == EROFS || errno == ENOSPC || errno == EDQUOT || errno == ENOENT) return file;
    for (int attempt = 0; attempt < 100; ++attempt) {
        const std::string name = folder + "/.ferry-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
        FileDescriptor named(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
        if (named) ::unlink(name.c_str());
        if (named || errno != EEXIST) return named;
    }
    return {};
}

FileDescriptor find_own(const std::string &path, int flags) {
    FileDescriptor file(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat found {};
    if (file && ::fstat(file.get(), &found) == 0 && objection(path, found).empty()) return file;
    return {};
}

FileDescriptor open_own(const std::string &path, int flags, unsigned mode, Writers writers) {
    constexpr int most_attempts = 100; // of others who remove and make it in between
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        if (FileDescriptor made(::open(path.c_str(), flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)); made)
            return made;
        if (errno != EEXIST) fail_on_disk(later("cannot open {}: {}"), path, errno);
        FileDescriptor file(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        const int failed = file ? 0 : errno;
        struct stat found {};
        if ((failed ? ::lstat(path.c_str(), &found) : ::fstat(file.get(), &found)) != 0) {
            if (errno == ENOENT) continue;
            fail_on_disk(later("cannot open {}: {}"), path, errno);
        }
        if (const Text why = objection(path, found); !why.empty()) refuse(path, why);
        if (failed) fail_on_disk(later("cannot open {}: {}"), path, failed);
        // One that is at work with it has it locked, and the caller will see that.
        if (writers == Writers::any || !others_write(path, found) || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
            return file;
        if (::unlink(path.c_str()) != 0) fail_on_disk(later("cannot remove {}: {}"), path, errno);
    }
    fail_on_disk(later("cannot open {}: {}"), path, EEXIST);
}

} // namespace ferry::core
