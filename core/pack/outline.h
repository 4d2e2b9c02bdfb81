// What an archive is to hold, and what it will be: known before anything is fetched.
#pragma once

#include "core/pack/plan.h"
#include "core/transfer/events.h"
#include "core/transfer/rules.h"
#include "core/transfer/source.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ferry::core {

struct ArchiveJob {
    std::string path; // final name; its folder exists
    std::vector<Image> images;
    std::vector<std::shared_ptr<Source>> sources; // of the blobs of the image in the same place
    const Packer *packer = nullptr;
    FetchRules rules;
    bool force = false; // nothing of an earlier run is used
    // What happens to the whole archive instead of getting its name; the file is gone afterwards. With the size.
    std::function<void(File &, std::uint64_t)> deliver;
};

struct ArchiveOutline {
    Plan plan;
    Layout layout;
    std::vector<BlobInfo> blobs; // to fetch, each once
    std::uint64_t transfer = 0;  // bytes of them
    // Bytes of the archive; a lower bound where layers are to be unpacked.
    std::uint64_t size = 0;
    bool exact = true;
};

// Throws Error: plugin for a plan that holds nothing, integrity where the images contradict each other about a blob
// (Descriptors); see require_loadable().
ArchiveOutline outline(const ArchiveJob &job, const Operation &operation);

// Stands for all that decides where bytes go: 64 hex digits, the same for the same plan only.
std::string identity_of(const ArchiveJob &job, const ArchiveOutline &outline);

} // namespace ferry::core
