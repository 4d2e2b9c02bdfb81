// Takes over what an earlier run left of the same archive: what its journal names, as far as the bytes are still right.
#pragma once

#include "core/pack/assembly.h"

namespace ferry::core {

class Restore {
public:
    // `assembly` must outlive it. Throws Error(interrupted) where the operation is cancelled, else as the disk does.
    explicit Restore(Assembly &assembly) : assembly_(assembly) {}

    // Layers that were unpacked, in order, as long as they hash to their diff_id.
    void tails();
    // A blob of which the archive has all that it needs: tells the observer.
    void used(std::size_t number);
    // Chunks that were fetched, when the fetcher knows all blobs. Tells the observer of the sum of all.
    void chunks();

private:
    bool is_unpacked(const Layout::Tail &tail, std::uint64_t size) const;

    Assembly &assembly_;
    std::uint64_t bytes_ = 0;
};

} // namespace ferry::core
