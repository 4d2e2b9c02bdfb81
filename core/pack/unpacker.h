// Unpacks layers into the tail of an archive while others are fetched, in the order of the plan, each when all of its
// bytes are verified, or through a flow while they come.
#pragma once

#include "core/archive/inflate.h"
#include "core/pack/assembly.h"

#include <optional>

namespace ferry::core {

class Unpacker {
public:
    // `assembly` must outlive it.
    explicit Unpacker(Assembly &assembly);

    // Is there anything to do?
    bool needed() const noexcept;
    // On a thread of its own, beside the fetcher. Returns early where the run ended before. Throws Error; integrity for
    // a layer that is not what the config promises, or that Docker could not load where the archive is for Docker; or
    // Mislabelled.
    void run();
    // Nobody waits for a flow any more. [any-thread]
    void close_flows();

private:
    void unpack_next();
    // What the next entry unpacks to, in bytes; nothing when the run ended before.
    std::optional<std::uint64_t> unpack(const Layout::Tail &tail);
    std::optional<std::uint64_t> unpack_flow(const Layout::Tail &tail, const Destination &from);
    std::uint64_t inflate(const Layout::Tail &tail, const Inflater::Source &source);
    Inflater::Source source_in(Sink &sink, std::uint64_t size) const;
    void release(Destination &from);
    void check_places();

    Assembly &assembly_;
    const bool for_docker_;
};

} // namespace ferry::core
