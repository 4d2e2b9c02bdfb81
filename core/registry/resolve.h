// From what a tag names to one image for one platform: indexes opened, the platform chosen, the config fetched.
#pragma once

#include "core/image/image.h"
#include "core/registry/children.h"

namespace ferry::core {

// What a manifest is to blame for that does not parse: one that was asked for by its digest was verified, another may
// be anybody's answer.
inline Kind blame_for(const Reference &reference) noexcept {
    return reference.digest.empty() ? Kind::network : Kind::integrity;
}

// `reply` is the manifest or index that the repository's reference names. Throws Error(not_found), naming the
// platforms that there are, when none serves `platform`. What else the index lists, missing or no image, is no reason
// to fail.
Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform);

// An image manifest that an index leads to.
struct Leaf {
    Descriptor descriptor;
    Platform platform;    // empty os or architecture: its config says
    bool special = false; // Index::Entry::special
};

// What an index leads to.
struct Leaves {
    std::vector<Leaf> all;
    std::optional<Error> missing = {}; // why an index below could not be opened, so that something may be left out
};

// The manifests below an index, attestations left out, each once for a platform. An index within it is opened only
// where `open` is set: most pulls need none. Throws Error; not where an index below is gone or is something else.
Leaves collect_leaves(Children &children, const Index &index, bool open);

// The places of the leaves that may serve `wanted`, in the order in which they are to be tried: what says so and is
// nothing special, what leaves its platform open, what is special (pure).
std::vector<std::size_t> candidates(const Platform &wanted, const std::vector<Leaf> &leaves);

// The config of a manifest, from its verified bytes; `name` is the image's in errors. Throws Error: not_found where it
// is the config of something else, which names no layers.
ImageConfig config_of(const Manifest &manifest, std::string_view config_json, const std::string &name);

// What to say where an image has no such platform: which ones there are, and how to ask for one of them.
Error no_such_platform(const std::string &name, const Platform &wanted, const std::vector<Platform> &offered);

// The same with all that the index lists, attestations included, in its order; each image with the indexes that lead to
// it. A reference that names one image gives that one. Throws Error: not_found when there is no image at all, or when
// one of what the index lists is gone; it never leaves one out.
std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply);

} // namespace ferry::core
