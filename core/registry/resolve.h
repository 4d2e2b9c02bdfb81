// From what a tag names to one image for one platform: indexes opened, the platform chosen, the config fetched.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

namespace ferry::core {

// `reply` is the manifest or index that the repository's reference names. Throws Error(not_found), naming the
// platforms that there are, when none serves `platform`.
Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform);

} // namespace ferry::core
