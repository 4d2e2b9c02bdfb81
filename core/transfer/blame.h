// Who sent the wrong bytes of a blob whose digest is wrong, and how often it is fetched anew. Pure; whoever shares it
// among threads locks.
//
// Where all bytes came from one endpoint, it is that one. Else the blob is fetched anew from a single endpoint, and the
// chunks that come right then convict those who sent them differently before.
#pragma once

#include "core/transfer/endpoints.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ferry::core {

class Blame {
public:
    // `endpoints` must outlive it. The blob is fetched anew at most `most_bad` times, not counting those for which an
    // endpoint was dropped.
    Blame(Endpoints &endpoints, int most_bad) : endpoints_(endpoints), most_bad_(most_bad) {}

    // Is sent() of use? Not where there is only one endpoint.
    bool asks_who() const noexcept { return endpoints_.size() > 1; }
    // All bytes of a chunk came from that endpoint, with that CRC-32; nothing: from several.
    void sent(std::uint64_t chunk, std::uint32_t crc, std::optional<std::size_t> endpoint);

    struct Verdict {
        std::optional<std::size_t> endpoint; // that sent all of it; nothing: there were several, or nobody knows
        bool dropped = false;                // it is not asked again
        bool give_up = false;                // the blob is not fetched again
    };
    // The digest of all bytes is wrong: what is to be done. The next bytes are of another try.
    Verdict wrong();
    // The digest of all bytes is right: the endpoints that sent others before, and are not asked again.
    std::vector<std::size_t> right();

    // After wrong(): the one endpoint to ask, as long as it can be asked.
    std::optional<std::size_t> single() const noexcept { return single_; }

private:
    struct Sent {
        std::uint32_t crc;
        std::optional<std::size_t> endpoint;
    };
    Endpoints &endpoints_;
    const int most_bad_;
    int bad_ = 0;
    std::map<std::uint64_t, Sent> sent_;     // by chunk, in this try
    std::map<std::uint64_t, Sent> suspects_; // in the last try of several endpoints, which was wrong as a whole
    std::optional<std::size_t> single_;
};

} // namespace ferry::core
