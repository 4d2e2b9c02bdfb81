// The seam to the disk: everything that core does with files and folders. Tests put faults behind it.
#pragma once

#include "core/os/file.h"

#include <memory>
#include <vector>

namespace ferry::core {

// A file right in a folder.
struct ListedFile {
    std::string name; // in the folder
    std::string stem; // without the suffix
    std::string path; // links resolved
    FileState state;
};

// Where a method takes a File, it is one that the same disk opened.
class Disk {
public:
    virtual ~Disk() = default;
    // Readable and writable; made when absent. What is there must be a regular file of this user without another name;
    // where others may write to it, a new file replaces it. `fresh`: what was in it is dropped.
    virtual std::unique_ptr<File> open(const std::string &path, bool fresh) = 0;
    // The same for what is there; nothing when there is no such file, or it is not this user's.
    virtual std::unique_ptr<File> find(const std::string &path) = 0;
    // An existing regular file of anybody, for reading: writing throws. A link at the end of the path is not followed.
    virtual std::unique_ptr<File> open_to_read(const std::string &path) = 0;
    // A new file in `folder` that has no name, and so is gone when it is closed, however the process ends. path() is
    // `shown`, for messages; errors name the folder.
    virtual std::unique_ptr<File> scratch_file(const std::string &folder, const std::string &shown) = 0;
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
    // The regular files right in a folder whose name ends with one of `suffixes` and does not begin with a dot; sorted.
    // A link is followed to a file anywhere below the folder, and passed over otherwise. Throws when the folder cannot
    // be read.
    virtual std::vector<ListedFile> list_files(const std::string &folder, const std::vector<std::string> &suffixes) = 0;
    virtual void make_folder(const std::string &path) = 0;
    // Bytes that this user may still write there; all ones when unknown.
    virtual std::uint64_t free_space(const std::string &folder) = 0;
    // Bytes that a file takes up on the device; 0 when it is not there.
    virtual std::uint64_t used_space(const std::string &path) = 0;
};

// The disk of this machine.
Disk &real_disk();

} // namespace ferry::core
