// What stands on the disk beside an archive that is not finished: NAME.part, its journal, and a spool for each layer
// that waits to be unpacked.
#pragma once

#include "core/base/error.h"
#include "core/pack/file.h"

namespace ferry::core {

struct ArchiveJob;
struct ArchiveOutline;

std::string part_of(const std::string &archive);
std::string journal_of(const std::string &archive);
std::string spool_of(const std::string &archive, const std::string &digest);

// Stands for all that decides where bytes go: 64 hex digits, the same for the same plan only.
std::string identity_of(const ArchiveJob &job, const ArchiveOutline &outline);

// Can the same command, run again, mend a failure of this kind?
bool resumable(Kind kind) noexcept;

// Removes what unfinished pulls left in a folder, but not what a running ferry works on. Returns the files removed.
std::vector<std::string> clean_folder(Disk &disk, const std::string &folder);

// A file that does not outlive its owner, unless kept or published.
class Scratch {
public:
    // Opens what is there, or makes it.
    Scratch(Disk &disk, std::string path);
    ~Scratch();
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    File &file() noexcept { return *file_; }
    void keep() noexcept { kept_ = true; }
    // Makes it last, then gives it its name.
    void publish(const std::string &name);

private:
    Disk &disk_;
    std::string path_;
    std::unique_ptr<File> file_;
    bool kept_ = false;
};

} // namespace ferry::core
