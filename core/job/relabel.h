// The media types of layers that are packed with zstd and say something else, put right.
#pragma once

#include "core/pack/outline.h"

#include <string>

namespace ferry::core {

// Gives the layer `known`, which is packed with zstd, the media type of such a layer, and all others of the job that
// begin like it: one new beginning should be enough. Throws Error(interrupted) only.
void relabel_zstd_layers(ArchiveJob &job, const std::string &known, const Operation &operation);

} // namespace ferry::core
