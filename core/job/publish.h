// A finished archive and whoever takes its bytes instead of a name on the disk.
#pragma once

#include "core/os/file.h"
#include "core/plugin/services.h"

#include <cstdint>
#include <functional>

namespace ferry::core {

// Hands `size` bytes of `file` to `take`, piece by piece. Throws Error: disk where the file is shorter, what `take`
// throws, interrupted.
void hand_out(const Operation &operation, File &file, std::uint64_t size,
              const std::function<void(const void *, std::size_t)> &take);

} // namespace ferry::core
