#include "core/job/disk_needs.h"

#include "core/base/size.h"
#include "core/os/path.h"
#include "core/pack/part.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

void DiskNeeds::add(const std::string &path, const ArchiveOutline &planned) {
    const std::string folder = folder_of(path);
    disk_.make_folder(folder);
    disk_.check(path, planned.size);
    const std::uint64_t free = disk_.free_space(folder);
    // What an earlier run left is used or removed.
    const std::uint64_t left_here = left_behind(disk_, path), room = std::max(free, free + left_here);
    std::uint64_t &others = bytes_[folder];
    const std::uint64_t sum = others + planned.size;
    if (room < sum) {
        const std::string needed = human_size(sum), left = human_size(room);
        throw Error(Kind::disk,
                    others          ? say("the archives need at least {}, and {} has {} left", needed, folder, left)
                    : planned.exact ? say("the archive needs {}, and {} has {} left", needed, folder, left)
                                    : say("the archive needs at least {}, and {} has {} left", needed, folder, left),
                    say("free some space, or choose a larger disk with -o DIR"));
    }
    // The old archive goes when the new one is whole.
    others = sum - std::min(sum, left_here + disk_.used_space(path));
}

} // namespace ferry::core
