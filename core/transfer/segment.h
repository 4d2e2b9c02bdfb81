// How large the parts of a blob should be that connections fetch, from what a connection brings there. Pure.
//
// Where a connection is fast, the digest decides: it runs along the front of the blob, and what comes far ahead of it
// has to be read back and hashed when all else is done. So segments follow one another, just long enough for the time
// that a request takes to be lost in them. Where it is slow, each request counts, since some mirrors allow few of them
// a minute: there the rest is halved.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace ferry::core {

// What was seen of a connection.
struct Pace {
    double first_byte = 0; // seconds from asking to the first byte
    double rate = 0;       // bytes a second from there on
};

// Watches a transfer. Times are handed in.
class PaceWatch {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit PaceWatch(Time asked) : asked_(asked) {}

    // So many bytes came. A pace with each MiB; the first one a tenth of a second after the first byte at the latest.
    std::optional<Pace> came(std::uint64_t bytes, Time now);

private:
    Time asked_, first_{};
    std::uint64_t burst_ = 0; // what came with the first byte: it tells no rate
    std::uint64_t all_ = 0;
    std::uint64_t next_ = 0;
    bool told_ = false;
};

struct SegmentRules {
    std::uint64_t least = 16 << 20, most = 256 << 20; // bytes
    double fast = 64e6;                               // bytes a second of a connection that make segments worth while
};

constexpr std::uint64_t no_segments = ~std::uint64_t(0);

// Bytes of a segment where the connections are fast: what comes in 64 times as long as a request takes, within the
// rules. Else no_segments: halve the rest.
std::uint64_t segment_size(const Pace &pace, const SegmentRules &rules);

// The bytes that a segment must have left for half of it to be worth a request of another connection, and the end of
// the first one, which has more on its way: what comes in 16 times as long as a request takes, and in a second; at most
// `most` and at least an eighth of that.
std::uint64_t least_to_split(const Pace &pace, std::uint64_t most);

} // namespace ferry::core
