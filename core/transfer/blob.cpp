#include "core/transfer/blob.h"

#include "core/base/checksum.h"
#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <vector>

namespace ferry::core {

Blob::Blob(Descriptor descriptor, Sink &sink, std::uint64_t chunk, OnChunk on_chunk)
    : descriptor_(std::move(descriptor)), sink_(sink), chunk_(chunk), on_chunk_(std::move(on_chunk)),
      hasher_(descriptor_.digest) {
    if (descriptor_.size) gaps_[0] = descriptor_.size;
}

std::uint32_t Blob::crc_of_sink(std::uint64_t begin, std::uint64_t end) const {
    std::vector<char> buffer(std::min<std::uint64_t>(end - begin, most_write));
    std::uint32_t crc = 0;
    while (begin < end) {
        const std::size_t got = sink_.read(begin, buffer.data(), std::min<std::uint64_t>(buffer.size(), end - begin));
        if (got == 0) return ~crc; // shorter than it was: no checksum fits
        crc = crc32(crc, buffer.data(), got);
        begin += got;
    }
    return crc;
}

std::uint64_t Blob::restore(std::uint64_t chunk, std::uint32_t crc) {
    if (chunk > descriptor_.size / chunk_) return 0;
    const std::uint64_t begin = chunk * chunk_, end = std::min(begin + chunk_, descriptor_.size);
    if (begin >= end) return 0;
    const std::lock_guard lock(mutex_);
    auto gap = gaps_.upper_bound(begin);
    if (gap == gaps_.begin()) return 0;
    --gap;
    if (gap->second < end) return 0; // restored already
    if (crc_of_sink(begin, end) != crc) return 0;
    const auto [gap_begin, gap_end] = *gap;
    gaps_.erase(gap);
    if (gap_begin < begin) gaps_[gap_begin] = begin;
    if (end < gap_end) gaps_[end] = gap_end;
    return end - begin;
}

// Follows the checksums of chunks along what a thread writes.
void Blob::account(Segment &segment, std::uint64_t at, const char *data, std::size_t size) {
    while (size) {
        const std::uint64_t begin = at / chunk_ * chunk_, end = std::min(begin + chunk_, descriptor_.size);
        if (at == begin) {
            segment.crc = 0;
            segment.crc_whole = true;
            segment.chunk_source = segment.source;
        }
        if (segment.chunk_source != segment.source) segment.chunk_source = unknown_source;
        const std::size_t part = std::min<std::uint64_t>(size, end - at);
        if (segment.crc_whole) segment.crc = crc32(segment.crc, data, part);
        at += part;
        data += part;
        size -= part;
        // A chunk that another claim began is read back: that happens after a failure only.
        if (at == end && (segment.crc_whole || !sink_.in_order()))
            on_chunk_(begin / chunk_, segment.crc_whole ? segment.crc : crc_of_sink(begin, end),
                      segment.crc_whole ? segment.chunk_source : unknown_source);
    }
}

std::uint64_t Blob::segment_end(std::uint64_t begin, std::uint64_t end, std::uint64_t most) const {
    return (end - begin) / 2 < most ? end : std::min(round_up(begin + most), end);
}

Blob::Claim Blob::make_claim(std::uint64_t begin, std::uint64_t end) {
    auto made = std::make_shared<Segment>();
    made->at = begin;
    made->end = end;
    claims_.push_back(made);
    return made;
}

Blob::Claim Blob::claim(std::uint64_t most) {
    const std::lock_guard lock(mutex_);
    if (gaps_.empty()) return nullptr;
    const auto [begin, end] = *gaps_.begin();
    gaps_.erase(gaps_.begin());
    const std::uint64_t stop = segment_end(begin, end, most);
    if (stop < end) gaps_[stop] = end;
    return make_claim(begin, stop);
}

std::uint64_t Blob::take_gap_at(std::uint64_t begin) {
    const auto gap = gaps_.find(begin);
    if (gap == gaps_.end()) return begin;
    const std::uint64_t end = gap->second;
    gaps_.erase(gap);
    return end;
}

void Blob::give_up(std::uint64_t begin, std::uint64_t end) {
    end = take_gap_at(end);
    for (auto &[from, to] : gaps_)
        if (to == begin) {
            to = end;
            return;
        }
    gaps_[begin] = end;
}

std::uint64_t Blob::largest_rest() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t most = 0;
    for (const Claim &claim : claims_) most = std::max(most, claim->end - claim->at);
    return most;
}

Blob::Claim Blob::split(std::uint64_t least, std::uint64_t segment) {
    const std::lock_guard lock(mutex_);
    Claim busiest;
    for (const Claim &claim : claims_)
        if (!busiest || claim->end - claim->at > busiest->end - busiest->at) busiest = claim;
    if (!busiest) return nullptr;
    const std::uint64_t rest = busiest->end - busiest->at;
    if (rest < std::max({least, 2 * chunk_, std::uint64_t(4) * most_write})) return nullptr;
    segment = std::max({segment, chunk_, std::uint64_t(2) * most_write});
    if (rest / 4 < segment) segment = no_segments;
    const std::uint64_t cut = round_up(busiest->at + std::min(segment, rest / 2));
    if (cut >= busiest->end) return nullptr;
    const std::uint64_t stop = segment_end(cut, busiest->end, segment);
    if (stop < busiest->end) give_up(stop, busiest->end);
    busiest->end = cut;
    return make_claim(cut, stop);
}

std::size_t Blob::wanted(const Claim &claim) const {
    const std::lock_guard lock(mutex_);
    return std::min<std::uint64_t>(most_write, claim->end - claim->at);
}

Blob::Segment Blob::range(const Claim &claim) const {
    const std::lock_guard lock(mutex_);
    return *claim;
}

void Blob::write(const Claim &claim, const void *data, std::size_t size) {
    std::uint64_t at = 0, end = 0;
    {
        const std::lock_guard lock(mutex_);
        at = claim->at; // only this thread moves it
        end = claim->end;
    }
    // split() leaves a claim more than most_write, so that what fitted into it before still does.
    if (size > end - at)
        throw fault_of_ferry(say("{} bytes of the blob {} would be written beyond their place in {}", size - (end - at),
                                 descriptor_.digest, sink_.name()));
    sink_.write(at, data, size);
    if (on_chunk_) account(*claim, at, static_cast<const char *>(data), size);
    bool mine = false;
    {
        const std::lock_guard lock(mutex_);
        mine = !hashing_ && front_ == at;
        if (mine)
            hashing_ = true;
        else
            claim->at = at + size;
    }
    if (!mine) return;
    hasher_.update(data, size);
    const std::lock_guard lock(mutex_);
    front_ = claim->at = at + size;
    hashing_ = false;
}

void Blob::release(const Claim &claim, bool merge) {
    {
        const std::lock_guard lock(mutex_);
        claims_.remove(claim);
        if (claim->at < claim->end) {
            Claim neighbour;
            for (const Claim &other : claims_)
                if (other->end == claim->at && other->at < other->end) neighbour = other;
            if (merge && neighbour)
                neighbour->end = take_gap_at(claim->end);
            else
                give_up(claim->at, claim->end);
            claim->end = claim->at;
        }
    }
    catch_up();
}

std::uint64_t Blob::contiguous_end() const {
    std::uint64_t end = descriptor_.size;
    const auto missing = [&](std::uint64_t from, std::uint64_t to) {
        if (from < to && to > front_) end = std::min(end, std::max(from, front_));
    };
    for (const auto &[from, to] : gaps_) missing(from, to);
    for (const Claim &claim : claims_) missing(claim->at, claim->end);
    return end;
}

void Blob::catch_up() {
    std::vector<char> buffer;
    std::unique_lock lock(mutex_);
    while (!hashing_) {
        const std::uint64_t end = contiguous_end();
        if (end == front_) break;
        const std::uint64_t begin = front_;
        const std::size_t size = std::min<std::uint64_t>(end - begin, 256 << 10);
        hashing_ = true;
        lock.unlock();
        buffer.resize(256 << 10);
        try {
            if (sink_.read(begin, buffer.data(), size) != size)
                throw Error(Kind::disk, say("{} is shorter than it was written", sink_.name()),
                            say("something else changed it: run ferry again"));
            hasher_.update(buffer.data(), size);
        } catch (...) {
            lock.lock();
            hashing_ = false;
            throw;
        }
        lock.lock();
        front_ = begin + size;
        hashing_ = false;
    }
    if (front_ == descriptor_.size && !hashing_ && verdict_ == Verdict::incomplete)
        verdict_ = hasher_.finish() == descriptor_.digest ? Verdict::good : Verdict::bad;
}

bool Blob::fetched() const {
    const std::lock_guard lock(mutex_);
    return gaps_.empty() && claims_.empty();
}

Blob::Verdict Blob::verdict() {
    catch_up();
    const std::lock_guard lock(mutex_);
    return verdict_;
}

std::uint64_t Blob::restart() {
    const std::lock_guard lock(mutex_);
    gaps_.clear();
    if (descriptor_.size) gaps_[0] = descriptor_.size;
    hasher_ = Hasher(descriptor_.digest);
    front_ = 0;
    verdict_ = Verdict::incomplete;
    sink_.restart();
    return descriptor_.size;
}

} // namespace ferry::core
