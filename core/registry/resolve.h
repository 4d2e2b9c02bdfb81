// From what a tag names to one image for one platform: indexes opened, the platform chosen, the config fetched.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

namespace ferry::core {

// What a manifest is to blame for that does not parse: one that was asked for by its digest was verified, another may be
// anybody's answer.
inline Kind blame_for(const Reference &reference) noexcept {
    return reference.digest.empty() ? Kind::network : Kind::integrity;
}

// `reply` is the manifest or index that the repository's reference names. Throws Error(not_found), naming the
// platforms that there are, when none serves `platform`.
Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform);

// An image manifest that an index leads to.
struct Leaf {
    Descriptor descriptor;
    Platform platform; // empty os: its config says
};

// The manifests below an index, attestations left out. An index within it is opened only where `open` is set: most
// pulls need none.
void collect_leaves(const Operation &operation, Repository &repository, const Index &index, bool open, int depth,
                    std::vector<Leaf> &leaves);

// What to say where an image has no such platform: which ones there are, and how to ask for one of them.
Error no_such_platform(const std::string &name, const Platform &wanted, const std::vector<Platform> &offered);

// The same with all that the index lists, attestations included, in its order; each image with the indexes that lead to
// it. A reference that names one image gives that one. Throws Error; not_found when there is no image at all.
std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply);

} // namespace ferry::core
