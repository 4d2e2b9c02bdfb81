// What the archives of a command need of the disks, before the first of them is begun.
#pragma once

#include "core/os/disk.h"
#include "core/pack/outline.h"

#include <cstdint>
#include <map>
#include <string>

namespace ferry::core {

// [one-thread]
class DiskNeeds {
public:
    explicit DiskNeeds(Disk &disk) : disk_(disk) {}

    // Makes the folder of `path` and counts an archive there. Throws Error(disk) where its disk cannot take that
    // archive besides those counted before.
    void add(const std::string &path, const ArchiveOutline &planned);

private:
    Disk &disk_;
    std::map<std::string, std::uint64_t> bytes_; // by folder
};

} // namespace ferry::core
