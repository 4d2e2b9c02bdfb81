// One archive in the making: what those who work on it share.
#pragma once

#include "core/pack/flow.h"
#include "core/pack/journal.h"
#include "core/pack/outline.h"
#include "core/pack/spool.h"
#include "core/pack/tail.h"
#include "core/transfer/fetcher.h"

#include <map>
#include <memory>
#include <string>

namespace ferry::core {

// Where a blob's bytes go as they come: to their place in the archive, or, where they are only unpacked into it, to a
// spool or through a flow. One of the three is there until the blob is used up.
struct Destination {
    std::size_t number = 0; // of the blob, for the fetcher and the observer
    std::unique_ptr<FileSink> place = {};
    std::unique_ptr<Spool> spool = {};
    std::unique_ptr<Flow> flow = {};
    bool used = false; // an earlier run made of it all that the archive needs: nothing is fetched

    Sink &sink() const {
        if (flow) return *flow;
        if (spool) return *spool;
        return *place;
    }
};

struct Assembly {
    const ArchiveJob &job;
    const ArchiveOutline &outline;
    const Descriptors &blobs;
    const Operation &operation;
    Observer &observer;
    File &part; // the archive, under its temporary name
    Journal &journal;
    ArchiveTail tail{part, outline.layout};
    std::map<std::string, Destination> destinations = {}; // by digest
    Fetcher fetcher{job.rules, operation, observer};
};

} // namespace ferry::core
