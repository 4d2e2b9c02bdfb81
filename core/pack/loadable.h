// What `docker load` takes: told before an archive is made that it would refuse. Pure.
//
// Docker tells how a layer is packed, and whether it is a tar, from its bytes; media types only show early what a layer
// cannot be. Source: moby 20.10, image/tarexport/load.go, layer/layer_store.go (maxLayerDepth), pkg/archive
// (DetectCompression); archive/tar of Go (which first block is one of a tar).
#pragma once

#include "core/archive/inflate.h"
#include "core/base/error.h"
#include "core/pack/plan.h"

#include <ferry/text.hpp>

#include <string>
#include <string_view>

namespace ferry::core {

// Is it the plan of an archive for `docker load`, whichever packer made it? Then it has a manifest.json.
bool for_docker(const Plan &plan) noexcept;

// Docker loads no image with more layers.
constexpr std::size_t most_docker_layers = 125;

bool encrypted_type(std::string_view media_type) noexcept;

// What a layer of that media type is instead of a tar, in words for the user; empty where it may be one.
Text foreign_type(std::string_view media_type);

// Throws Error(not_found) where what is known of the image before its layers are fetched says that the archive could
// not be made, or not be loaded: a layer that `plan` unpacks is encrypted; or the archive is one for docker, and a
// layer is not a tar by its media type, or there are too many of them.
void require_loadable(const Plan &plan, const std::vector<Image> &images);

// Watches an unpacked layer go by, and throws Error(integrity) as soon as its first bytes show that it is not a tar.
class TarWatch {
public:
    // `what` names the layer.
    explicit TarWatch(Text what) : what_(std::move(what)) {}

    // The next bytes.
    void see(std::string_view bytes);
    // There are no more. A layer of no bytes is taken as an empty tar, as Docker takes it.
    void finish() const;
    // Enough was seen.
    bool done() const noexcept { return head_.size() == wanted(); }

private:
    std::size_t wanted() const noexcept;
    void judge() const;

    const Text what_;
    std::string head_; // the first block as far as it was seen; two where the first is empty
};

// The media type of the same layer packed with zstd.
std::string zstd_type(std::string_view media_type);

// Thrown where the archive would hold a layer as it comes that is packed with zstd, while its media type says something
// else, so that the packer could not know that Docker before 23 does not read it. With the right type the plan will be
// another.
struct Mislabelled {
    std::string digest;
};

// Looks into the beginning of a layer that an archive for docker holds as it comes. `head` has its first six bytes, or
// all where it has fewer; `bytes` gives all of it. Throws Error(integrity) where Docker could not load it, or
// Mislabelled.
void require_loadable(const Descriptor &layer, std::string_view head, Inflater::Source bytes);

} // namespace ferry::core
