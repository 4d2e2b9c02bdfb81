#include "core/os/disk.h"

#include "core/base/error.h"
#include "core/base/size.h"
#include "core/os/disk_error_posix.h"
#include "core/os/file_posix.h"
#include "core/os/own_file_posix.h"
#include "core/os/path.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <sys/statvfs.h>

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

void sync_folder_of(const std::string &path) {
    const std::string folder = folder_of(path);
    const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) fail_on_disk(later("cannot open {}: {}"), folder, errno);
    const int failed = ::fsync(opened.get()) == 0 ? 0 : errno;
    // Some network file systems cannot sync a folder, and say so by EINVAL.
    if (failed && failed != EINVAL) fail_on_disk(later("cannot sync {}: {}"), folder, failed);
}

class PosixDisk final : public Disk {
public:
    std::unique_ptr<File> open(const std::string &path, bool fresh) override {
        auto file = std::make_unique<PosixFile>(path, open_own(path, O_RDWR, 0644, Writers::replaced));
        if (fresh) file->resize(0);
        return file;
    }
    std::unique_ptr<File> find(const std::string &path) override {
        FileDescriptor file = find_own(path, O_RDWR);
        return file ? std::make_unique<PosixFile>(path, std::move(file)) : nullptr;
    }
    std::unique_ptr<File> open_to_read(const std::string &path) override {
        // Without O_NONBLOCK a named pipe would wait for a writer.
        FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        struct stat found {};
        if (!file || ::fstat(file.get(), &found) != 0) cannot_read(path, errno);
        if (!S_ISREG(found.st_mode)) cannot_read(path, S_ISDIR(found.st_mode) ? EISDIR : EINVAL);
        return std::make_unique<PosixFile>(path, std::move(file));
    }
    std::unique_ptr<File> scratch_file(const std::string &folder, const std::string &shown) override {
        FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        // Not every file system has those.
        if (!file && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
            std::string path = folder + "/ferry-XXXXXX";
            file = FileDescriptor(::mkostemp(path.data(), O_CLOEXEC));
            if (file) ::unlink(path.c_str());
        }
        if (!file)
            throw Error(Kind::disk, say("cannot make a file in {}: {}", folder, std::strerror(errno)),
                        say("check the folder and its permissions, or set TMPDIR to another"));
        return std::make_unique<PosixFile>(shown, std::move(file));
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
        const FileDescriptor file = open_nameless(path, 0600);
        if (!file) fail_on_disk(later("cannot write to the folder {}: {}"), folder_of(path), errno);
        // Nothing is written: the file system refuses a place that no file of its can reach.
        const bool fits = size <= INT64_MAX && ::lseek(file.get(), static_cast<off_t>(size), SEEK_SET) >= 0;
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
    std::vector<ListedFile> list_files(const std::string &folder, const std::vector<std::string> &suffixes) override {
        namespace fs = std::filesystem;
        std::error_code failed;
        const std::string root = fs::canonical(folder, failed).string();
        fs::directory_iterator it(failed ? fs::path(folder) : fs::path(root), failed), end;
        if (failed) cannot_read_folder(folder, failed.value());
        std::vector<ListedFile> found;
        for (; !failed && it != end; it.increment(failed)) {
            const std::string name = it->path().filename().string();
            const auto ends = [&name](const std::string &suffix) {
                return name.size() > suffix.size() &&
                       name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
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

Disk &real_disk() {
    static PosixDisk disk;
    return disk;
}

} // namespace ferry::core
