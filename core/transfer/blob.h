// One blob on its way into its sink: which bytes are there, who fetches which, and the digest.
//
// Bytes may arrive in any order, by several threads; each is written once, at its offset. SHA-256 runs along the
// contiguous front: the thread that writes at the front hashes what it holds, and bytes that came early are read back,
// of a file from the page cache. [any-thread]
#pragma once

#include "core/base/digest.h"
#include "core/image/manifest.h"
#include "core/transfer/segment.h"
#include "core/transfer/sink.h"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace ferry::core {

class Blob {
public:
    // A range that one thread fetches. `end` may shrink while it does.
    struct Segment {
        std::uint64_t at = 0; // next byte to write
        std::uint64_t end = 0;
        // Checksum of the chunk that `at` is in, as far as it is written; only its thread uses it.
        std::uint32_t crc = 0;
        bool crc_whole = false; // it covers the chunk from its beginning
        std::size_t chunk_source = 0;
        std::size_t source = unknown_source; // which endpoint its bytes come from; set by its thread
    };
    static constexpr std::size_t unknown_source = static_cast<std::size_t>(-1);
    using Claim = std::shared_ptr<Segment>;
    // Called when all bytes of a chunk are in the sink, with their CRC-32 and their source, which is unknown when they
    // have several. From several threads. Of a sink that goes in order, not for a chunk that several claims brought:
    // nobody could read it back.
    using OnChunk = std::function<void(std::uint64_t chunk, std::uint32_t crc, std::size_t source)>;

    // What a thread may hold in hand: split() leaves every segment more than that, so that it never cuts into bytes
    // that are just being written.
    static constexpr std::size_t most_write = 256 << 10;
    static constexpr std::uint64_t default_chunk = 512 << 10;

    // `sink` must outlive it. Segments begin on multiples of `chunk`.
    Blob(Descriptor descriptor, Sink &sink, std::uint64_t chunk = default_chunk, OnChunk on_chunk = {});

    // Before the first claim: if the chunk in the sink has that CRC-32, it need not be fetched. Returns its bytes, or
    // 0. Not for a sink that goes in order.
    std::uint64_t restore(std::uint64_t chunk, std::uint32_t crc);

    const Descriptor &descriptor() const noexcept { return descriptor_; }
    Sink &sink() const noexcept { return sink_; }

    // The first range that nobody fetches, at most about `most` bytes of it; or null.
    Claim claim(std::uint64_t most = no_segments);
    // A part of what remains of the segment with the most, or null when none has at least `least` bytes left. Where it
    // has several times `segment`, all but its next `segment` bytes are given up, and the first of them are the part;
    // else half of it is.
    Claim split(std::uint64_t least, std::uint64_t segment = no_segments);
    std::uint64_t largest_rest() const;

    // The range [at, end) still wanted of a claim, at most most_write bytes; 0 when it is done.
    std::size_t wanted(const Claim &claim) const;
    // A copy of the claim as it is now.
    Segment range(const Claim &claim) const;
    // Writes bytes that belong at claim->at. Throws Error(other) where they would reach beyond the claim, and so never
    // outside the blob.
    void write(const Claim &claim, const void *data, std::size_t size);
    // The claim ends: what is left of it is up for another thread. The claim before it takes that, and what nobody
    // fetches behind it, where `merge` is set.
    void release(const Claim &claim, bool merge = false);

    // All bytes are there; hashed or not.
    bool fetched() const;
    // All bytes are there and hashed: then the digest has been compared.
    enum class Verdict { incomplete, good, bad };
    Verdict verdict();
    // Throws everything away, to fetch it anew, and tells the sink. No claim may be alive. Returns the bytes dropped.
    std::uint64_t restart();

private:
    std::uint64_t contiguous_end() const; // from front_ on
    std::uint64_t round_up(std::uint64_t at) const { return (at + chunk_ - 1) / chunk_ * chunk_; }
    // Where a segment that begins there ends: a small rest is not a segment of its own.
    std::uint64_t segment_end(std::uint64_t begin, std::uint64_t end, std::uint64_t most) const;
    Claim make_claim(std::uint64_t begin, std::uint64_t end);
    std::uint64_t take_gap_at(std::uint64_t begin); // its end, or `begin` where none begins there
    void give_up(std::uint64_t begin, std::uint64_t end);
    void account(Segment &segment, std::uint64_t at, const char *data, std::size_t size);
    std::uint32_t crc_of_sink(std::uint64_t begin, std::uint64_t end) const;
    void catch_up();

    const Descriptor descriptor_;
    Sink &sink_;
    const std::uint64_t chunk_;
    const OnChunk on_chunk_;
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> gaps_; // begin -> end, unclaimed
    std::list<Claim> claims_;
    Hasher hasher_;
    std::uint64_t front_ = 0; // all bytes before it are hashed
    bool hashing_ = false;    // a thread hashes outside the lock
    Verdict verdict_ = Verdict::incomplete;
};

} // namespace ferry::core
