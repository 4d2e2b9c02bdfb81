#include "core/pack/restore.h"

#include "core/pack/part.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <vector>

namespace ferry::core {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

} // namespace

void Restore::tails() {
    std::map<std::uint32_t, std::uint64_t> sizes;
    for (const Journal::Record &record : assembly_.journal.records())
        if (record.kind == Journal::Kind::unpacked) sizes[record.number] = record.value;
    ArchiveTail &tail = assembly_.tail;
    while (!tail.complete()) {
        const auto size = sizes.find(static_cast<std::uint32_t>(tail.done()));
        if (size == sizes.end() || !is_unpacked(tail.next(), size->second)) return;
        tail.finish(size->second);
    }
}

bool Restore::is_unpacked(const Layout::Tail &tail, std::uint64_t size) const {
    const std::uint64_t content_at = assembly_.tail.content_at();
    Hasher hasher(tail.diff_id);
    std::vector<char> buffer(buffer_size);
    for (std::uint64_t at = 0; at < size;) {
        assembly_.operation.throw_if_cancelled();
        const std::size_t got =
            assembly_.part.read_at(content_at + at, buffer.data(), std::min<std::uint64_t>(buffer.size(), size - at));
        if (got == 0) return false;
        hasher.update(buffer.data(), got);
        at += got;
    }
    return hasher.finish() == tail.diff_id;
}

void Restore::used(std::size_t number) {
    const std::uint64_t size = assembly_.outline.blobs[number].size;
    assembly_.observer.advance(number, static_cast<std::int64_t>(size));
    assembly_.observer.state(number, BlobState::done, {});
    bytes_ += size;
}

void Restore::chunks() {
    std::map<std::uint32_t, std::map<std::uint64_t, std::uint32_t>> chunks;
    for (const Journal::Record &record : assembly_.journal.records()) {
        if (record.kind == Journal::Kind::chunk) chunks[record.number][record.value] = record.crc;
        if (record.kind == Journal::Kind::dropped) chunks.erase(record.number);
    }
    for (const auto &[number, crcs] : chunks) {
        if (number >= assembly_.outline.blobs.size()) continue;
        const Destination &destination = assembly_.destinations.at(assembly_.outline.blobs[number].digest);
        if (destination.used || destination.flow) continue; // a flow keeps nothing
        std::uint64_t bytes = 0;
        for (const auto &[chunk, crc] : crcs) {
            assembly_.operation.throw_if_cancelled();
            bytes += assembly_.fetcher.blob(number).restore(chunk, crc);
        }
        if (destination.spool) destination.spool->close();
        bytes_ += bytes;
        if (bytes) assembly_.observer.advance(number, static_cast<std::int64_t>(bytes));
    }
    if (!bytes_) return;
    assembly_.observer.resumed(bytes_);
    assembly_.operation.log().info(say("resuming {}: {} bytes are already here", part_of(assembly_.job.path), bytes_));
}

} // namespace ferry::core
