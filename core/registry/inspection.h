// What a registry tells of an image without its layers being fetched: platforms, sizes, dates, configs, pull limits.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

#include <optional>

namespace ferry::core {

// The quota of pulls as Docker Hub sends it with manifests: "RateLimit-Limit: 100;w=21600".
struct PullLimit {
    std::int64_t limit = -1; // -1: not told
    std::int64_t remaining = -1;
    std::int64_t window_s = 0; // 0: not told
};
PullLimit pull_limit(const Headers &headers); // pure

// One platform of an image. `config` is empty where details were not asked for.
struct InspectedImage {
    Platform platform; // empty: neither the index nor a config says it
    Descriptor manifest;
    bool detailed = false;
    std::optional<Error> problem; // why there is no image, though the index lists one: it is gone, or something else
    Descriptor config;
    std::string config_json;
    std::vector<Descriptor> layers;
    std::uint64_t size = 0;   // of the layers as they are transferred
    std::int64_t created = 0; // seconds since 1970, 0: not told
};

struct Inspection {
    Reference reference;
    std::string host;     // that answered
    Descriptor top;       // what the name stands for: an index, or the manifest of the only image
    std::string top_json; // its bytes
    std::vector<InspectedImage> images;
    std::size_t chosen = 0; // of the images: the one that was asked for
    PullLimit limit;
};

// The manifest or index alone, nothing read of it: the descriptor has no media type unless the registry named one.
Inspection inspect_raw(const Operation &operation, Repository &repository);

// `wanted` nothing: linux/amd64, or the first where there is none. All platforms get details, unless the registry
// counts pulls (then only the chosen one: each would cost a pull), lists more than ChildManifests::most, or `wanted` is
// given; `all` overrides that. An entry that is gone or is not an image carries its problem; the others are not
// affected. Throws Error(not_found) naming the platforms that there are, or the problem of the one that is `wanted`.
Inspection inspect_image(const Operation &operation, Repository &repository, const std::optional<Platform> &wanted,
                         bool all);

} // namespace ferry::core
