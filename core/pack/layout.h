// The entries of an archive and where each of its bytes goes. Pure.
#pragma once

#include "core/archive/tar.h"
#include "core/image/descriptors.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::core {

struct PlanEntry {
    TarType type = TarType::file;
    enum class From { inline_bytes, blob, unpacked } from = From::inline_bytes;
    bool late = false;
    std::uint32_t mode = 0;
    std::int64_t mtime = 0;
    std::string path;
    std::string source; // inline bytes, blob digest, or link target

    bool operator==(const PlanEntry &) const = default;
};

struct Plan {
    std::vector<PlanEntry> entries;
    bool has_late() const noexcept;
};

struct Layout {
    struct Piece { // headers and inline contents
        std::uint64_t offset;
        std::string bytes;
    };
    struct Place { // a blob as it comes
        std::string digest;
        std::uint64_t size;
        std::uint64_t offset;
    };
    struct Tail { // a layer to unpack behind the fixed part
        PlanEntry entry;
        std::string digest;
        std::string diff_id;
    };
    std::vector<Piece> pieces;
    std::vector<Place> places; // each entry one, so that a digest may stand twice
    std::vector<Tail> tails;
    std::uint64_t fixed_size = 0; // where the tail begins
    bool has_late = false;
};

// `blobs` are those of the images that the plan was made of. Throws Error(integrity) where no file can hold the
// archive.
Layout lay_out(const Plan &plan, const Descriptors &blobs);

// Do pieces and places cover the fixed part without a gap and without overlapping, and has each place the size of its
// blob? Throws Error(other) where they do not: nothing may be written by such a layout.
void check_layout(const Layout &layout, const Descriptors &blobs);

// Header, content and padding of an inline entry.
std::string inline_member(const PlanEntry &entry);

} // namespace ferry::core
