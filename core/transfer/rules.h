// What decides how blobs are fetched: settings of the user, and what follows from them.
#pragma once

#include "core/base/retry.h"
#include "core/transfer/blob.h"
#include "core/transfer/segment.h"

#include <cstdint>

namespace ferry::core {

struct FetchRules {
    int workers = 0; // 0: as many as pay, up to most_workers
    int most_workers = 8;
    RetryRules retry;
    std::uint64_t least_split = 8 << 20; // a rest of that size is always halved; see least_to_split()
    SegmentRules segments;               // of a blob that several connections share
    // Bytes of layers that wait to be unpacked. 0: none wait; each is unpacked while it comes, one at a time.
    std::uint64_t spool_limit = std::uint64_t(2) << 30;
    std::uint64_t chunk = Blob::default_chunk; // what the journal accounts for (chunk_size)
    std::uint64_t least_rate = 0; // bytes a second: what a connection brings more slowly is no progress (is_progress)
    int most_bad_digests = 2;     // times a blob is fetched anew because its digest was wrong
};

} // namespace ferry::core
