// Makes one archive from a plan: every byte once, at its final place, under a temporary name until all is verified.
#pragma once

#include "core/os/disk.h"
#include "core/pack/plan.h"
#include "core/transfer/fetcher.h"

#include <functional>

namespace ferry::core {

struct ArchiveJob {
    std::string path; // final name; its folder exists
    std::vector<Image> images;
    std::vector<std::shared_ptr<Repository>> repositories; // of the image in the same place
    const Packer *packer = nullptr;
    FetchRules rules;
    bool force = false; // nothing of an earlier run is used
    // What happens to the whole archive instead of getting its name; the file is gone afterwards. With the size.
    std::function<void(File &, std::uint64_t)> deliver;
};

// What an archive will hold, known before anything is fetched.
struct ArchiveOutline {
    Plan plan;
    Layout layout;
    std::vector<BlobInfo> blobs; // to fetch, each once
    std::uint64_t transfer = 0;  // bytes of them
    // Bytes of the archive; a lower bound where layers are to be unpacked.
    std::uint64_t size = 0;
    bool exact = true;
};

// Thrown by make_archive: a layer that the archive would hold as it comes is packed with zstd, while its media type
// says something else, so that the packer could not know that Docker before 23 does not read it. With the right type
// the plan will be another.
struct Mislabelled {
    std::string digest;
};

// Throws Error: plugin for a plan that holds nothing, integrity where the images contradict each other about a blob
// (Descriptors); see require_loadable().
ArchiveOutline outline(const ArchiveJob &job, const Operation &operation);

// Fetches, verifies, writes and renames. What an earlier run left of the same plan is checked and used. On a failure
// that the same command can mend (interrupted, network, credentials, disk, no memory or thread left) the unfinished
// parts stay, and the error says so; on any other nothing is left behind. An archive that stood under the name stays as
// it was. Returns the size in bytes. Throws Error, of which Busy (part.h) is one, or Mislabelled; Busy when another
// process writes this archive.
std::uint64_t make_archive(const ArchiveJob &job, const ArchiveOutline &outline, Disk &disk, const Operation &operation,
                           Observer &observer);

} // namespace ferry::core
