// Makes one archive from a plan: every byte once, at its final place, under a temporary name until all is verified.
#pragma once

#include "core/os/disk.h"
#include "core/pack/outline.h"

namespace ferry::core {

// Fetches, verifies, writes and renames. What an earlier run left of the same plan is checked and used. On a failure
// that the same command can mend (interrupted, network, credentials, disk, no memory or thread left) the unfinished
// parts stay, and the error says so; on any other nothing is left behind. An archive that stood under the name stays as
// it was. Returns the size in bytes. Throws Error, of which Busy (part.h) is one, or Mislabelled (loadable.h); Busy
// when another process writes this archive.
std::uint64_t make_archive(const ArchiveJob &job, const ArchiveOutline &outline, Disk &disk, const Operation &operation,
                           Observer &observer);

} // namespace ferry::core
