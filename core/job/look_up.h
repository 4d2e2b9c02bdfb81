// From an image as the user named it to the images that its registry gives for it.
#pragma once

#include "core/image/image.h"
#include "core/registry/access.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferry::core {

struct FoundImages {
    std::vector<Image> images; // one, or all of an index
    std::shared_ptr<Repository> repository;
};

// Asks for `platform`, or for all platforms where that is nothing. The images get the names that they have in an
// archive: `tag` (of --tag), or where that is empty what was typed. Throws Error.
FoundImages look_up(const Operation &operation, Access &access, const Reference &typed,
                    const std::optional<Platform> &platform, const std::string &tag);

} // namespace ferry::core
