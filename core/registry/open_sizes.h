// The sizes that the manifests of images leave open.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

namespace ferry::core {

// Asks the registry for the size of each layer that has 0 bytes according to its descriptor and the digest of something
// else (size_open), and writes it there, so that the archive can be laid out. The layer is verified by its digest, like
// any other: a wrong answer ends in a failure, never in a wrong archive. Throws Error; integrity where no
// endpoint tells it.
void find_open_sizes(const Operation &operation, Repository &repository, std::vector<Image> &images);

} // namespace ferry::core
