// The end of an archive that grows: layers whose size shows only when they are unpacked, one behind the other, and what
// follows them.
#pragma once

#include "core/os/file.h"
#include "core/pack/layout.h"

#include <cstdint>
#include <map>
#include <string>

namespace ferry::core {

// One thread at a time.
class ArchiveTail {
public:
    // Begins behind the fixed part. Both must outlive it.
    ArchiveTail(File &part, const Layout &layout);

    // Entries that are written, of those of the layout in their order.
    std::size_t done() const noexcept { return done_; }
    bool complete() const noexcept { return done_ == layout_.tails.size(); }
    // The next one, unless it is complete, and where its content goes: to be written before finish().
    const Layout::Tail &next() const { return layout_.tails[done_]; }
    std::uint64_t content_at() const;
    // The content of the next one is there, `size` bytes: writes what stands around it.
    void finish(std::uint64_t size);
    // Bytes that belong behind all layers.
    void append(const std::string &bytes);

    // Where the archive ends so far.
    std::uint64_t end() const noexcept { return end_; }
    // The content of an entry of that blob that is written already; null when there is none.
    struct Span {
        std::uint64_t offset, size;
    };
    const Span *find(const std::string &digest) const;
    // Unpacked sizes by blob digest.
    std::map<std::string, std::uint64_t> sizes() const;

private:
    File &part_;
    const Layout &layout_;
    std::size_t done_ = 0;
    std::uint64_t end_;
    std::map<std::string, Span> contents_; // by blob digest
};

} // namespace ferry::core
