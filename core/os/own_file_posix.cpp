#include "core/os/own_file.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ferry::core {

namespace {

// What a folder makes of a new file. Some file systems have one owner and one mode for all (vfat, shares).
struct stat new_file_like(const std::string &path, bool &known) {
    struct stat made {};
    const int fd = open_nameless(path, 0600);
    known = fd >= 0 && ::fstat(fd, &made) == 0;
    if (fd >= 0) ::close(fd);
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

std::string folder_of(const std::string &path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

void fail_on_disk(const char *what, const std::string &path, int code) {
    Text remedy = say("check the folder and its permissions, or choose another with -o DIR");
    if (code == ENOSPC || code == EDQUOT) remedy = say("free some space, or choose a larger disk with -o DIR");
    if (code == EMFILE) remedy = say("raise the limit for open files: ulimit -n 1024");
    if (code == EFBIG) remedy = say("this file system holds no file of that size: choose another with -o DIR");
    throw Error(Kind::disk, say(what, path, std::strerror(code)), remedy);
}

int open_nameless(const std::string &path, unsigned mode) {
    const std::string folder = folder_of(path);
    const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    // Each file system without O_TMPFILE has another word for that.
    if (fd >= 0 || errno == EACCES || errno == EROFS || errno == ENOSPC || errno == EDQUOT || errno == ENOENT)
        return fd;
    for (int attempt = 0; attempt < 100; ++attempt) {
        const std::string name = folder + "/.ferry-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
        const int named = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (named >= 0) ::unlink(name.c_str());
        if (named >= 0 || errno != EEXIST) return named;
    }
    return -1;
}

int find_own(const std::string &path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat found {};
    if (fd >= 0 && ::fstat(fd, &found) == 0 && objection(path, found).empty()) return fd;
    if (fd >= 0) ::close(fd);
    return -1;
}

int open_own(const std::string &path, int flags, unsigned mode, Writers writers) {
    constexpr int most_attempts = 100; // of others who remove and make it in between
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        int fd = ::open(path.c_str(), flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0) return fd;
        if (errno != EEXIST) fail_on_disk(later("cannot open {}: {}"), path, errno);
        fd = ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        const int failed = fd < 0 ? errno : 0;
        struct stat found {};
        if ((failed ? ::lstat(path.c_str(), &found) : ::fstat(fd, &found)) != 0) {
            if (fd >= 0) ::close(fd);
            if (errno == ENOENT) continue;
            fail_on_disk(later("cannot open {}: {}"), path, errno);
        }
        const Text why = objection(path, found);
        if (failed && why.empty()) fail_on_disk(later("cannot open {}: {}"), path, failed);
        if (why.empty()) {
            // One that is at work with it has it locked, and the caller will see that.
            if (writers == Writers::any || !others_write(path, found) || ::flock(fd, LOCK_EX | LOCK_NB) != 0) return fd;
            if (::unlink(path.c_str()) != 0) {
                const int code = errno;
                ::close(fd);
                fail_on_disk(later("cannot remove {}: {}"), path, code);
            }
        }
        if (fd >= 0) ::close(fd);
        if (!why.empty()) refuse(path, why);
    }
    fail_on_disk(later("cannot open {}: {}"), path, EEXIST);
}

} // namespace ferry::core
