// All that an index lists, for archives that hold all of it: images, attestations and the indexes on the way.
#pragma once

#include "core/image/image.h"
#include "core/registry/child_manifests.h"

#include <string>
#include <vector>

namespace ferry::core {

// The images below `index`, whose bytes are `body`, in its order, each document fetched once and each image with the
// indexes that lead to it. Throws Error where something of it is missing or cannot be kept; not_found when there is no
// image at all.
std::vector<Image> images_below(ChildManifests &children, const Index &index, const std::string &digest,
                                std::string body);

} // namespace ferry::core
