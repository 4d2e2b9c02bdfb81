#include "core/os/file_posix.h"

#include "core/base/error.h"
#include "core/os/disk_error_posix.h"
#include "core/os/own_file_posix.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <vector>

namespace ferry::core {

FileState state_of(const struct stat &found) {
    const auto ns = [](const timespec &t) { return std::int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
    return {found.st_dev, found.st_ino, static_cast<std::uint64_t>(found.st_size), ns(found.st_mtim),
            ns(found.st_ctim)};
}

struct stat PosixFile::examined() const {
    struct stat found {};
    if (::fstat(file_.get(), &found) != 0) fail_on_disk(later("cannot examine {}: {}"), path_, errno);
    return found;
}

std::uint64_t PosixFile::size() {
    return static_cast<std::uint64_t>(examined().st_size);
}

FileState PosixFile::state() {
    return state_of(examined());
}

void PosixFile::write_at(std::uint64_t offset, const void *data, std::size_t size) {
    const char *bytes = static_cast<const char *>(data);
    const std::size_t all = size;
    while (size) {
        ssize_t done;
        {
            const std::lock_guard lock(writing_);
            done = ::pwrite(file_.get(), bytes, size, static_cast<off_t>(offset));
        }
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) fail_on_disk(later("cannot write {}: {}"), path_, done < 0 ? errno : ENOSPC);
        bytes += done;
        offset += static_cast<std::uint64_t>(done);
        size -= static_cast<std::size_t>(done);
    }
    if (flusher_) flusher_->wrote(all);
}

std::size_t PosixFile::read_at(std::uint64_t offset, void *data, std::size_t size) {
    std::size_t total = 0;
    while (total < size) {
        const ssize_t done =
            ::pread(file_.get(), static_cast<char *>(data) + total, size - total, static_cast<off_t>(offset + total));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) fail_on_disk(later("cannot read {}: {}"), path_, errno);
        if (done == 0) break;
        total += static_cast<std::size_t>(done);
    }
    return total;
}

void PosixFile::resize(std::uint64_t size) {
    if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
        fail_on_disk(later("cannot resize {}: {}"), path_, errno);
}

void PosixFile::write_back_early() {
    flusher_ = std::make_unique<Flusher>(
        Flusher::Device{[fd = file_.get()] { ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); },
                        [fd = file_.get()] { return ::fdatasync(fd) == 0 ? 0 : errno; }});
}

void PosixFile::sync() {
    const int failed = ::fsync(file_.get()) == 0 ? 0 : errno;
    const int failed_before = flusher_ ? flusher_->finish() : 0;
    flusher_.reset();
    if (!failed && !failed_before) return;
    // The kernel takes what it could not write for written. Whoever reads it again is to get what the device has.
    ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
    fail_on_disk(later("cannot sync {}: {}"), path_, failed ? failed : failed_before);
}

bool PosixFile::lock() {
    while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return false;
        if (errno == EINTR) continue;
        // Some network file systems have no locks; then nothing can be promised, and nothing is refused.
        if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS) return true;
        fail_on_disk(later("cannot lock {}: {}"), path_, errno);
    }
    return is_at(path_);
}

void PosixFile::copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) {
    if (auto *posix = dynamic_cast<PosixFile *>(&source)) {
        while (size) {
            auto from = static_cast<off_t>(source_offset), to = static_cast<off_t>(offset);
            const ssize_t done = ::copy_file_range(posix->file_.get(), &from, file_.get(), &to, size, 0);
            if (done <= 0) break; // not offered here: by hand below
            source_offset += static_cast<std::uint64_t>(done);
            offset += static_cast<std::uint64_t>(done);
            size -= static_cast<std::uint64_t>(done);
        }
    }
    std::vector<char> buffer(std::min<std::uint64_t>(size, 256 << 10));
    while (size) {
        const std::size_t got =
            source.read_at(source_offset, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
        if (got == 0) throw Error(Kind::disk, say("{} is shorter than it was written", source.path()));
        write_at(offset, buffer.data(), got);
        source_offset += got;
        offset += got;
        size -= got;
    }
}

bool PosixFile::is_at(const std::string &path) const {
    const struct stat mine = examined();
    struct stat named {};
    return ::lstat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

void PosixFile::take_mode() {
    struct stat mine, fresh;
    const FileDescriptor like = open_nameless(path_, 0666);
    if (!like || ::fstat(like.get(), &fresh) != 0 || ::fstat(file_.get(), &mine) != 0) return;
    constexpr mode_t bits = S_IRWXU | S_IRWXG | S_IRWXO;
    if ((mine.st_mode & bits) == (fresh.st_mode & bits)) return;
    if (::fchmod(file_.get(), fresh.st_mode & bits) == 0) ::fsync(file_.get());
}

} // namespace ferry::core
