#include "core/os/file.h"

#include "core/base/error.h"
#include "core/base/size.h"
#include "core/os/flusher.h"
#include "core/os/own_file.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace ferry::core {

namespace {

[[noreturn]] void cannot_read(const std::string &path, int code) {
    throw Error(Kind::disk, say("cannot read {}: {}", path, std::strerror(code)),
                say("check that it is there, and its permissions"));
}

[[noreturn]] void cannot_read_folder(const std::string &path, int code) {
    throw Error(Kind::disk, say("cannot read the folder {}: {}", path, std::strerror(code)),
                say("check that it is there, and its permissions"));
}

FileState state_of(const struct stat &s) {
    const auto ns = [](const timespec &t) { return std::int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
    return {s.st_dev, s.st_ino, static_cast<std::uint64_t>(s.st_size), ns(s.st_mtim), ns(s.st_ctim)};
}

void sync_folder_of(const std::string &path) {
    const std::string folder = folder_of(path);
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail_on_disk(later("cannot open {}: {}"), folder, errno);
    const int failed = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    // Some network file systems cannot sync a folder, and say so by EINVAL.
    if (failed && failed != EINVAL) fail_on_disk(later("cannot sync {}: {}"), folder, failed);
}

class PosixFile final : public File {
public:
    // `fd` is taken over.
    PosixFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    ~PosixFile() override {
        flusher_.reset();
        ::close(fd_);
    }
    PosixFile(const PosixFile &) = delete;
    PosixFile &operator=(const PosixFile &) = delete;

    const std::string &path() const noexcept override { return path_; }

    void write_at(std::uint64_t offset, const void *data, std::size_t size) override {
        const char *bytes = static_cast<const char *>(data);
        const std::size_t all = size;
        while (size) {
            ssize_t done;
            {
                const std::lock_guard lock(writing_);
                done = ::pwrite(fd_, bytes, size, static_cast<off_t>(offset));
            }
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) fail_on_disk(later("cannot write {}: {}"), path_, done < 0 ? errno : ENOSPC);
            bytes += done;
            offset += static_cast<std::uint64_t>(done);
            size -= static_cast<std::size_t>(done);
        }
        if (flusher_) flusher_->wrote(all);
    }

    std::size_t read_at(std::uint64_t offset, void *data, std::size_t size) override {
        std::size_t total = 0;
        while (total < size) {
            const ssize_t done =
                ::pread(fd_, static_cast<char *>(data) + total, size - total, static_cast<off_t>(offset + total));
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) fail_on_disk(later("cannot read {}: {}"), path_, errno);
            if (done == 0) break;
            total += static_cast<std::size_t>(done);
        }
        return total;
    }

    int descriptor() const noexcept override { return fd_; }

    std::uint64_t size() override {
        struct stat s;
        if (::fstat(fd_, &s) != 0) fail_on_disk(later("cannot examine {}: {}"), path_, errno);
        return static_cast<std::uint64_t>(s.st_size);
    }

    FileState state() override {
        struct stat s;
        if (::fstat(fd_, &s) != 0) fail_on_disk(later("cannot examine {}: {}"), path_, errno);
        return state_of(s);
    }

    void resize(std::uint64_t size) override {
        if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) fail_on_disk(later("cannot resize {}: {}"), path_, errno);
    }

    void will_stay() override {
        flusher_ = std::make_unique<Flusher>(
            Flusher::Device{[fd = fd_] { ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); },
                            [fd = fd_] { return ::fdatasync(fd) == 0 ? 0 : errno; }});
    }

    void sync() override {
        const int failed = ::fsync(fd_) == 0 ? 0 : errno;
        const int failed_before = flusher_ ? flusher_->finish() : 0;
        flusher_.reset();
        if (!failed && !failed_before) return;
        // The kernel takes what it could not write for written. Whoever reads it again is to get what the device has.
        ::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED);
        fail_on_disk(later("cannot sync {}: {}"), path_, failed ? failed : failed_before);
    }

    bool lock() override {
        while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return false;
            if (errno == EINTR) continue;
            // Some network file systems have no locks; then nothing can be promised, and nothing is refused.
            return errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS
                       ? true
                       : (fail_on_disk(later("cannot lock {}: {}"), path_, errno), false);
        }
        return is_at(path_);
    }

    bool is_at(const std::string &path) {
        struct stat mine, named;
        if (::fstat(fd_, &mine) != 0) fail_on_disk(later("cannot examine {}: {}"), path_, errno);
        return ::lstat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
    }

    // The mode that any program's new file would get there, from the umask or the folder's own rules. Until now nobody
    // else could write to it.
    void take_mode() {
        struct stat mine, fresh;
        const int like = open_nameless(path_, 0666);
        if (like < 0) return;
        const bool known = ::fstat(like, &fresh) == 0 && ::fstat(fd_, &mine) == 0;
        ::close(like);
        constexpr mode_t bits = S_IRWXU | S_IRWXG | S_IRWXO;
        if (!known || (mine.st_mode & bits) == (fresh.st_mode & bits)) return;
        if (::fchmod(fd_, fresh.st_mode & bits) == 0) ::fsync(fd_);
    }

    void copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) override {
        if (auto *posix = dynamic_cast<PosixFile *>(&source)) {
            while (size) {
                auto from = static_cast<off_t>(source_offset), to = static_cast<off_t>(offset);
                const ssize_t done = ::copy_file_range(posix->fd_, &from, fd_, &to, size, 0);
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

private:
    std::string path_;
    int fd_;
    std::unique_ptr<Flusher> flusher_;
    // Writers of one file take turns in the kernel, which has them wait by spinning. Here they sleep.
    std::mutex writing_;
};

class PosixDisk final : public Disk {
public:
    std::unique_ptr<File> open(const std::string &path, bool fresh) override {
        auto file = std::make_unique<PosixFile>(path, open_own(path, O_RDWR, 0644, Writers::replaced));
        if (fresh) file->resize(0);
        return file;
    }
    std::unique_ptr<File> find(const std::string &path) override {
        const int fd = find_own(path, O_RDWR);
        return fd < 0 ? nullptr : std::make_unique<PosixFile>(path, fd);
    }
    bool named(File &file) override { return own(file).is_at(file.path()); }
    void publish(File &file, const std::string &to) override {
        PosixFile &mine = own(file);
        if (!mine.is_at(file.path())) replaced(file.path());
        mine.take_mode();
        if (::rename(file.path().c_str(), to.c_str()) != 0)
            throw Error(Kind::disk, say("cannot rename {} to {}: {}", file.path(), to, std::strerror(errno)),
                        say("check the folder and its permissions, or choose another with -o DIR"));
        // Somebody may have been quicker than the look before.
        if (!mine.is_at(to)) replaced(to);
        sync_folder_of(to);
    }
    bool remove(File &file) override {
        if (!named(file)) return false;
        if (::unlink(file.path().c_str()) == 0) return true;
        if (errno != ENOENT) fail_on_disk(later("cannot remove {}: {}"), file.path(), errno);
        return false;
    }
    void check(const std::string &path, std::uint64_t size) override {
        check_name(path);
        const int fd = open_nameless(path, 0600);
        if (fd < 0) fail_on_disk(later("cannot write to the folder {}: {}"), folder_of(path), errno);
        // Nothing is written: the file system refuses a place that no file of its can reach.
        const bool fits = size <= INT64_MAX && ::lseek(fd, static_cast<off_t>(size), SEEK_SET) >= 0;
        ::close(fd);
        if (!fits) fail_on_disk(later("cannot write {}: {}"), path, EFBIG);
        rlimit limit{};
        if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < size)
            throw Error(Kind::disk,
                        say("the archive needs {}, and this process may write files of {} only", human_size(size),
                            human_size(limit.rlim_cur)),
                        say("raise that limit: ulimit -f unlimited"));
    }
    bool exists(const std::string &path) override { return ::access(path.c_str(), F_OK) == 0; }
    std::vector<std::string> list(const std::string &prefix) override {
        const auto slash = prefix.rfind('/');
        const std::string folder = slash == prefix.npos ? "" : prefix.substr(0, slash + 1);
        std::vector<std::string> found;
        std::error_code failed;
        for (std::filesystem::directory_iterator it(folder.empty() ? "." : folder, failed), end; !failed && it != end;
             it.increment(failed))
            if (std::string path = folder + it->path().filename().string(); path.rfind(prefix, 0) == 0)
                found.push_back(std::move(path));
        std::sort(found.begin(), found.end());
        return found;
    }
    void make_folder(const std::string &path) override {
        std::error_code failed;
        std::filesystem::create_directories(path, failed);
        if (failed) fail_on_disk(later("cannot make the folder {}: {}"), path, failed.value());
    }
    std::uint64_t free_space(const std::string &folder) override {
        struct statvfs s;
        if (::statvfs(folder.c_str(), &s) != 0) return UINT64_MAX;
        return std::uint64_t(s.f_bavail) * s.f_frsize;
    }
    std::uint64_t used_space(const std::string &path) override {
        struct stat s;
        return ::lstat(path.c_str(), &s) == 0 ? static_cast<std::uint64_t>(s.st_blocks) * 512 : 0;
    }

private:
    static PosixFile &own(File &file) { return dynamic_cast<PosixFile &>(file); }

    [[noreturn]] static void replaced(const std::string &path) {
        throw Error(Kind::disk, say("{} was removed or replaced by another program while ferry was at work", path),
                    say("run the same command again, in a folder that is ferry's alone: -o DIR"));
    }

    static void check_name(const std::string &path) {
        struct statx there {};
        if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &there) != 0) return;
        const Text remedy = say("choose another name with --name FILE, or another folder with -o DIR");
        struct stat led {}; // /dev/stdout is a link
        const bool leads = ::stat(path.c_str(), &led) == 0;
        if (leads && S_ISDIR(led.st_mode)) throw Error(Kind::disk, say("{} is a folder", path), remedy);
        if (leads && !S_ISREG(led.st_mode))
            throw Error(Kind::disk, say("{} cannot be replaced: it is not a regular file", path),
                        say("{}; --name - writes to standard output", remedy));
        if (there.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
            throw Error(Kind::disk, say("{} cannot be replaced: it is protected against changes (lsattr)", path),
                        remedy);
        if (there.stx_attributes & STATX_ATTR_MOUNT_ROOT)
            throw Error(Kind::disk, say("{} cannot be replaced: it is a mount point", path), remedy);
        struct stat folder {};
        const uid_t me = ::geteuid();
        if (me != 0 && there.stx_uid != me && ::stat(folder_of(path).c_str(), &folder) == 0 && folder.st_uid != me &&
            (folder.st_mode & S_ISVTX))
            throw Error(Kind::disk, say("{} cannot be replaced: it belongs to another user", path), remedy);
    }
};

} // namespace

std::unique_ptr<File> open_to_read(const std::string &path) {
    // Without O_NONBLOCK a named pipe would wait for a writer.
    const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) cannot_read(path, errno);
    auto file = std::make_unique<PosixFile>(path, fd);
    struct stat s;
    if (::fstat(fd, &s) != 0) cannot_read(path, errno);
    if (!S_ISREG(s.st_mode)) cannot_read(path, S_ISDIR(s.st_mode) ? EISDIR : EINVAL);
    return file;
}

std::unique_ptr<File> scratch_file(const std::string &folder, const std::string &shown) {
    int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) { // not every file system has those
        std::string path = folder + "/ferry-XXXXXX";
        fd = ::mkostemp(path.data(), O_CLOEXEC);
        if (fd >= 0) ::unlink(path.c_str());
    }
    if (fd < 0)
        throw Error(Kind::disk, say("cannot make a file in {}: {}", folder, std::strerror(errno)),
                    say("check the folder and its permissions, or set TMPDIR to another"));
    return std::make_unique<PosixFile>(shown, fd);
}

std::vector<ListedFile> list_files(const std::string &folder, const std::vector<std::string> &suffixes) {
    namespace fs = std::filesystem;
    std::error_code failed;
    const std::string root = fs::canonical(folder, failed).string();
    fs::directory_iterator it(failed ? fs::path(folder) : fs::path(root), failed), end;
    if (failed) cannot_read_folder(folder, failed.value());
    std::vector<ListedFile> found;
    for (; !failed && it != end; it.increment(failed)) {
        const std::string name = it->path().filename().string();
        const auto ends = [&name](const std::string &suffix) {
            return name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
        };
        const auto suffix = std::find_if(suffixes.begin(), suffixes.end(), ends);
        if (name.front() == '.' || suffix == suffixes.end()) continue;
        // What vanishes in between is as good as never there.
        std::error_code gone;
        const std::string path = fs::canonical(it->path(), gone).string();
        struct stat s;
        if (gone || ::stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
        if (path.rfind(root == "/" ? root : root + '/', 0) != 0) continue;
        found.push_back({name, name.substr(0, name.size() - suffix->size()), path, state_of(s)});
    }
    if (failed) cannot_read_folder(folder, failed.value());
    std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
    return found;
}

Disk &real_disk() {
    static PosixDisk disk;
    return disk;
}

} // namespace ferry::core
