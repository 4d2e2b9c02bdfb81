// From what a tag names to the images that are wanted of it: indexes opened, the platform chosen, configs fetched.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

namespace ferry::core {

// The kind of failure of a manifest that does not parse: one that was asked for by its digest was verified, any other
// may come from somebody else than the registry.
inline Kind blame_for(const Reference &reference) noexcept {
    return reference.digest.empty() ? Kind::network : Kind::integrity;
}

// `reply` is the manifest or index that the repository's reference names. Throws Error(not_found), naming the
// platforms that there are, when none serves `platform`. What else the index lists, missing or not an image, is no
// reason to fail.
Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform);

// The same with all that the index lists, attestations included, in its order; each image with the indexes that lead to
// it. A reference that names one image gives that one. Throws Error: not_found when there is no image at all, or when
// one of what the index lists is gone; it never leaves one out.
std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply);

// What to say where an image has no such platform: which ones there are, and how to ask for one of them.
Error no_such_platform(const std::string &name, const Platform &wanted, const std::vector<Platform> &offered);

} // namespace ferry::core
