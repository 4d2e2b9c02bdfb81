// An open file: with core/os/disk.h the seam to the disk, behind which tests put faults.
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
    // What the system knows it by, for calls that send its bytes by themselves; -1 where there is nothing. The file
    // stays its owner.
    virtual std::intptr_t native_handle() const noexcept { return -1; }
    virtual void resize(std::uint64_t size) = 0;
    // All that was written is on the device afterwards.
    virtual void sync() = 0;
    // A hint: from now on the device may begin early with what is written, so that sync() finds little left to do.
    virtual void write_back_early() {}
    // Takes the file for this process until it is closed; false when another process has it, or its name leads to
    // another file by now.
    virtual bool lock() = 0;
    // Copies bytes of another file of this disk; by the kernel, or sharing blocks, where it can.
    virtual void copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) = 0;
};

} // namespace ferry::core
