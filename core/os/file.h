// The seam to the disk: everything that core does with files of its own making. Tests put faults behind it.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ferry::core {

// What tells one state of a file from another: who changes or replaces a file changes this.
struct FileState {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    auto operator<=>(const FileState &) const = default;
};

// One open file. read_at and write_at from several threads at once, each on its own bytes. All throw Error(disk)
// naming the file.
class File {
public:
    virtual ~File() = default;
    virtual const std::string &path() const noexcept = 0;
    virtual void write_at(std::uint64_t offset, const void *data, std::size_t size) = 0;
    // Fewer bytes than asked for only at the end of the file.
    virtual std::size_t read_at(std::uint64_t offset, void *data, std::size_t size) = 0;
    virtual std::uint64_t size() = 0;
    // Only the size, where the disk keeps no more.
    virtual FileState state() {
        FileState known;
        known.size = size();
        return known;
    }
    // For a kernel that sends its bytes itself; -1 where there is none. The file stays its owner.
    virtual int descriptor() const noexcept { return -1; }
    virtual void resize(std::uint64_t size) = 0;
    // All that was written is on the device afterwards.
    virtual void sync() = 0;
    // A hint: what is written from now on will stay, so that the device may begin with it before sync().
    virtual void will_stay() {}
    // Takes the file for this process until it is closed; false when another process has it, or its name leads to
    // another file by now.
    virtual bool lock() = 0;
    // Copies bytes of another file of this disk; by the kernel, or sharing blocks, where it can.
    virtual void copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) = 0;
};

// Where a method takes a File, it is one that the same disk opened.
class Disk {
public:
    virtual ~Disk() = default;
    // Readable and writable; made when absent. What is there must be this user's (core/os/own_file.h); where others
    // may write to it, a new file replaces it. `fresh`: what was in it is dropped.
    virtual std::unique_ptr<File> open(const std::string &path, bool fresh) = 0;
    // The same for what is there; nothing when there is no such file, or it is not this user's.
    virtual std::unique_ptr<File> find(const std::string &path) = 0;
    // Does its path still lead to this very file?
    virtual bool named(File &file) = 0;
    // Gives this very file the name `to` and the mode of a new file, in place of what has that name, in one step, and
    // makes that last through a power failure. Throws when its path leads to something else by now.
    virtual void publish(File &file, const std::string &to) = 0;
    // Removes its path, unless that leads to something else by now. True when it was removed.
    virtual bool remove(File &file) = 0;
    // Throws when publish() could not give a file of `size` bytes that name, as far as that can be known before:
    // the folder cannot be written to, what has the name is a folder, no regular file or cannot be replaced, files
    // cannot be that large. Does not look at the free space.
    virtual void check(const std::string &path, std::uint64_t size) = 0;
    virtual bool exists(const std::string &path) = 0;
    // What there is whose path begins with `prefix`, which names the folder, too; sorted.
    virtual std::vector<std::string> list(const std::string &prefix) = 0;
    virtual void make_folder(const std::string &path) = 0;
    // Bytes that this user may still write there; all ones when unknown.
    virtual std::uint64_t free_space(const std::string &folder) = 0;
    // Bytes that a file takes up on the device; 0 when it is not there.
    virtual std::uint64_t used_space(const std::string &path) = 0;
};

// The disk of this machine.
Disk &real_disk();

// An existing plain file of this machine, for reading: writing throws. A link at the end of the path is not followed.
std::unique_ptr<File> open_to_read(const std::string &path);

// A new file in `folder` that has no name, and so is gone when it is closed, however the process ends. path() is
// `shown`, for messages; errors name the folder.
std::unique_ptr<File> scratch_file(const std::string &folder, const std::string &shown);

// The plain files right in a folder whose name ends with one of `suffixes` and does not begin with a dot; sorted. A
// link is followed to a file anywhere below the folder, and passed over otherwise. Throws Error(disk) when the folder
// cannot be read.
struct ListedFile {
    std::string name; // in the folder
    std::string stem; // without the suffix
    std::string path; // links resolved
    FileState state;
};
std::vector<ListedFile> list_files(const std::string &folder, const std::vector<std::string> &suffixes);

} // namespace ferry::core
