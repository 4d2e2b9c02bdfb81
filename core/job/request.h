// What a pull is asked for, and what it tells of each archive that it made.
#pragma once

#include "core/image/image.h"
#include "core/registry/access_request.h"
#include "core/transfer/rules.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ferry::core {

struct ListedImage {
    std::string image; // as written
    std::string place; // "images.txt, line 3"
};

struct PullRequest : AccessRequest {
    std::vector<std::string> images; // as typed
    // Those of a list. One of them that fails does not stop the others, unless all go into one archive.
    std::vector<ListedImage> listed;
    std::string platform = "amd64";
    std::string format = "synology";
    std::string output = "./output"; // folder
    std::string name;                // of the archive: empty for the rule, "-" to hand it to `out`
    // Takes the whole, verified archive, piece by piece; what it throws ends the pull, and the same one resumes.
    std::function<void(const void *, std::size_t)> out;
    std::string tag; // what the archive calls the image; empty: as typed
    bool dry_run = false;
    bool force = false; // nothing of an earlier run is used
    FetchRules fetch;
};

struct PackedImage {
    std::string name; // as the registry knows it
    std::string platform;
    std::string manifest; // digest
    std::string config;   // digest
    std::vector<Layer> layers;
    std::vector<std::string> names;
};

struct PulledArchive {
    std::string path; // "-" when it was handed to `out`
    std::string format;
    std::uint64_t size = 0;
    bool exact = true;          // of a dry run: the size is not a lower bound
    std::uint64_t transfer = 0; // bytes of blobs
    // All layers in the archive were unpacked and are what the config promises; else the digests of blobs were
    // compared.
    bool diff_ids_verified = false;
    std::vector<PackedImage> images;
    std::vector<std::string> entries; // of a dry run: what the archive would hold
};

} // namespace ferry::core
