// From what a tag names to one image for one platform: indexes opened, the platform chosen, the config fetched.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

namespace ferry::core {

// `reply` is the manifest or index that the repository's reference names. Throws Error(not_found), naming the
// platforms that there are, when none serves `platform`.
Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform);

// The same with all that the index lists, attestations included, in its order; each image with the indexes that lead to
// it. A reference that names one image gives that one. Throws Error; not_found when there is no image at all.
std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply);

} // namespace ferry::core
