// What stands on the disk beside an archive that is not finished: NAME.part, its journal, and a spool for each layer
// that waits to be unpacked.
#pragma once

#include "core/base/error.h"
#include "core/os/disk.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

std::string part_of(const std::string &archive);
std::string journal_of(const std::string &archive);
std::string spool_of(const std::string &archive, const std::string &digest);

// Can the same command, run again, mend a failure of this kind?
bool resumable(Kind kind) noexcept;

// Another process has the file: it is at work on the same archive.
class Busy : public Error {
public:
    explicit Busy(const std::string &path);
};

// Opens what is there, or makes it, for this process alone. Throws Error(disk), of which Busy is one.
std::unique_ptr<File> open_alone(Disk &disk, const std::string &path);

// Removes the name of that file; one that cannot be removed stays.
void discard(Disk &disk, File &file) noexcept;

class Journal;

// The journal of an archive, for this process alone. One that was made for it does not stay when it cannot be written.
std::unique_ptr<Journal> open_journal(Disk &disk, const std::string &archive, std::string_view identity, bool fresh);

// Removes the spools beside an archive, or the one of a blob.
void remove_spools(Disk &disk, const std::string &archive);
void remove_spool(Disk &disk, const std::string &archive, const std::string &digest);

// Bytes on the device of what an unfinished pull of that archive left.
std::uint64_t left_behind(Disk &disk, const std::string &archive);

// Removes what unfinished pulls of this user left in a folder, but not what a running ferry works on. A journal tells
// by its content that it is ferry's; the other files are known by the journal beside them, and are left alone without
// one. Returns the files removed.
std::vector<std::string> clean_folder(Disk &disk, const std::string &folder);

// A file that does not outlive its owner, unless kept or published.
class Scratch {
public:
    // As open_alone().
    Scratch(Disk &disk, const std::string &path);
    ~Scratch();
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    File &file() noexcept { return *file_; }
    // It was not there before.
    bool made() const noexcept { return made_; }
    void keep() noexcept { kept_ = true; }
    // Makes it last, then gives it its name.
    void publish(const std::string &name);

private:
    Disk &disk_;
    const bool made_;
    std::unique_ptr<File> file_;
    bool kept_ = false;
};

} // namespace ferry::core
