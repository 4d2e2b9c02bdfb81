#include "core/pack/unpacker.h"

#include "core/pack/loadable.h"
#include "core/pack/pipe.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <vector>

namespace ferry::core {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

} // namespace

Unpacker::Unpacker(Assembly &assembly) : assembly_(assembly), for_docker_(for_docker(assembly.outline.plan)) {}

bool Unpacker::needed() const noexcept {
    return !assembly_.tail.complete() || for_docker_;
}

void Unpacker::run() {
    while (!assembly_.tail.complete()) {
        const std::size_t number = assembly_.tail.done();
        unpack_next();
        if (assembly_.tail.done() == number) return;
    }
    if (for_docker_) check_places();
}

void Unpacker::unpack_next() {
    ArchiveTail &tail = assembly_.tail;
    const Layout::Tail &entry = tail.next();
    Destination &from = assembly_.destinations.at(entry.digest);
    if (!from.flow && !assembly_.fetcher.wait_verified(from.number)) return;
    const ArchiveTail::Span *before = tail.find(entry.digest);
    std::optional<std::uint64_t> size;
    if (before) {
        size = before->size;
        assembly_.part.copy_from(assembly_.part, before->offset, tail.content_at(), *size);
    } else {
        size = unpack(entry);
    }
    if (!size) return;
    const auto number = static_cast<std::uint32_t>(tail.done());
    tail.finish(*size);
    assembly_.journal.add({Journal::Kind::unpacked, number, *size, 0});
    if (!before) release(from);
}

std::optional<std::uint64_t> Unpacker::unpack(const Layout::Tail &tail) {
    const Destination &from = assembly_.destinations.at(tail.digest);
    if (from.flow) return unpack_flow(tail, from);
    assembly_.observer.state(from.number, BlobState::unpacking, {});
    return inflate(tail, source_in(from.sink(), assembly_.blobs.at(tail.digest).size));
}

// Unpacks what is just coming. It counts when all of it has the right digest; until then a complaint of the inflater
// may be about bytes that come again.
std::optional<std::uint64_t> Unpacker::unpack_flow(const Layout::Tail &tail, const Destination &from) {
    Flow &flow = *from.flow;
    while (true) {
        const std::uint64_t number = flow.begin();
        std::exception_ptr complaint;
        std::uint64_t size = 0;
        try {
            size = inflate(tail, [&flow](void *data, std::size_t most) { return flow.take(data, most); });
        } catch (const Flow::Restarted &) {
            continue;
        } catch (const Error &e) {
            if (e.kind() != Kind::integrity) throw;
            complaint = std::current_exception();
        }
        flow.skip();
        const bool verified = assembly_.fetcher.wait_verified(from.number, [&] { return flow.number() != number; });
        if (flow.number() != number) continue;
        if (!verified) return std::nullopt;
        if (complaint) std::rethrow_exception(complaint);
        assembly_.observer.state(from.number, BlobState::unpacking, {}); // all but what stands behind it has been
        return size;
    }
}

std::uint64_t Unpacker::inflate(const Layout::Tail &tail, const Inflater::Source &source) {
    const Text what = say("the layer {}", tail.digest);
    const std::uint64_t packed = assembly_.blobs.at(tail.digest).size;
    const std::uint64_t ceiling = unpacked_ceiling(packed);
    const std::uint64_t content_at = assembly_.tail.content_at();
    const auto inflater = Inflater::open(source, what);
    Hasher hasher(tail.diff_id);
    std::uint64_t written = 0;
    // Inflating takes about as long as hashing and writing: each gets a thread.
    Pipe pipe(buffer_size, [&](const char *data, std::size_t got) {
        hasher.update(data, got);
        assembly_.part.write_at(content_at + written, data, got);
        written += got;
    });
    std::uint64_t size = 0;
    TarWatch watch(what);
    while (true) {
        std::vector<char> &buffer = pipe.take();
        const std::size_t got = inflater->read(buffer.data(), buffer.size());
        if (got == 0) break;
        if (for_docker_) watch.see({buffer.data(), got});
        pipe.give(got);
        size += got;
        if (size > ceiling)
            throw Error(
                Kind::integrity,
                say("{} unpacks to more than {} bytes from {}, as decompression bombs do", what, ceiling, packed),
                say("do not use this image unless you know its publisher"));
    }
    pipe.finish();
    if (for_docker_) watch.finish();
    const std::string found = hasher.finish();
    if (found != tail.diff_id)
        throw Error(Kind::integrity,
                    say("{} unpacks to {}, while the image's config promises {}", what, found, tail.diff_id),
                    say("the image was damaged before it was pushed: tell its publisher"));
    return size;
}

// The bytes of a blob that is whole.
Inflater::Source Unpacker::source_in(Sink &sink, std::uint64_t size) const {
    return [this, &sink, size, at = std::uint64_t(0)](void *data, std::size_t most) mutable {
        assembly_.operation.throw_if_cancelled();
        const std::size_t got = sink.read(at, data, std::min<std::uint64_t>(most, size - at));
        at += got;
        return got;
    };
}

// Its bytes are in the archive.
void Unpacker::release(Destination &from) {
    assembly_.observer.state(from.number, BlobState::done, {});
    from.spool.reset();
    if (from.flow) from.flow->close();
    assembly_.fetcher.consumed(from.number);
}

void Unpacker::close_flows() {
    for (auto &[digest, destination] : assembly_.destinations)
        if (destination.flow) destination.flow->close();
}

// Layers that are stored as they come are not unpacked. That they are tars, and packed in a way that Docker reads, is
// seen at their beginning.
void Unpacker::check_places() {
    std::vector<const Layout::Place *> places;
    for (const Layout::Place &place : assembly_.outline.layout.places) places.push_back(&place);
    // As they are fetched.
    std::stable_sort(places.begin(), places.end(), [](auto *a, auto *b) { return a->size > b->size; });
    for (const Layout::Place *place : places) {
        const Destination &destination = assembly_.destinations.at(place->digest);
        if (!assembly_.fetcher.wait_verified(destination.number)) return;
        Sink &sink = destination.sink();
        std::string head(std::min<std::uint64_t>(place->size, 6), '\0');
        head.resize(sink.read(0, head.data(), head.size()));
        require_loadable(*assembly_.blobs.at(place->digest).descriptor, head, source_in(sink, place->size));
    }
}

} // namespace ferry::core
