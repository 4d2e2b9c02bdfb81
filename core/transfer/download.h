// One request to one endpoint, and its answer into a claim of a blob. Knows nothing of other requests.
#pragma once

#include "core/transfer/blob.h"
#include "core/transfer/endpoints.h"
#include "core/transfer/source.h"

#include <vector>

namespace ferry::core {

// Learns at once what others need to know. Called on the thread of the download.
class DownloadListener {
public:
    // So many bytes came over the network, of use or not.
    virtual void received(std::size_t bytes) = 0;
    // So many bytes more are in the sink.
    virtual void stored(std::size_t bytes) = 0;
    // With each MiB (PaceWatch).
    virtual void paced(const Pace &pace) = 0;
    // The endpoint sends the whole blob instead of the range.
    virtual void range_ignored() = 0;

protected:
    ~DownloadListener() = default;
};

struct Download {
    Source &source;
    Blob &blob;
    const Blob::Claim &claim;
    std::size_t endpoint = 0;
    // Asks for the range. Else for the whole, and what is here already passes by unused.
    bool ranges = true;
    // Another claim's stream brings these bytes anyway where the range is ignored: then the claim is given to it.
    bool shared = false;
    std::uint64_t least_rate = 0; // bytes a second; fewer are no progress (is_progress)

    // `ended`: nothing is left of the claim. A failure of the source is in the outcome; what concerns the sink, the
    // disk or a cancelled operation is thrown. `buffer` has at least Blob::most_write bytes.
    struct Result {
        bool ended = false;
        Outcome outcome;
    };
    Result run(const Operation &operation, DownloadListener &listener, std::vector<char> &buffer) const;

private:
    bool transfer(const Operation &operation, DownloadListener &listener, std::vector<char> &buffer,
                  Outcome &outcome) const;
};

} // namespace ferry::core
