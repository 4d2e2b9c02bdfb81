// Blobs and manifests as an archive holds them.
#pragma once

#include "core/image/platform.h"

#include <cstdint>
#include <string>

namespace ferry::core {

struct StoredBlob {
    std::uint64_t offset = 0; // in the archive
    std::uint64_t size = 0;
};

struct StoredManifest {
    std::string media_type;
    std::string json;
    bool is_index = false;
    Platform platform; // of an image; empty for an index, and where nobody says
};

} // namespace ferry::core
