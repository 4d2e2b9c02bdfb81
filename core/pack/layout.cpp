#include "core/pack/layout.h"

#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

bool Plan::has_late() const noexcept {
    return std::any_of(entries.begin(), entries.end(), [](const PlanEntry &entry) { return entry.late; });
}

std::string inline_member(const PlanEntry &entry) {
    const bool link = entry.type == TarType::symlink;
    std::string out = tar_header(entry.type, entry.path, entry.source.size(), entry.mode, entry.mtime,
                                 link ? std::string_view(entry.source) : std::string_view());
    if (entry.type == TarType::file) {
        out += entry.source;
        out.append(tar_padding(entry.source.size()), '\0');
    }
    return out;
}

Layout lay_out(const Plan &plan, const Descriptors &blobs) {
    Layout layout;
    const auto write = [&](const std::string &bytes) {
        // Neighbours become one write.
        if (!layout.pieces.empty() &&
            layout.pieces.back().offset + layout.pieces.back().bytes.size() == layout.fixed_size)
            layout.pieces.back().bytes += bytes;
        else
            layout.pieces.push_back({layout.fixed_size, bytes});
        layout.fixed_size = sum_of_sizes(layout.fixed_size, bytes.size());
    };
    for (const PlanEntry &entry : plan.entries) {
        if (entry.late) {
            layout.has_late = true;
        } else if (entry.from == PlanEntry::From::unpacked) {
            layout.tails.push_back({entry, entry.source, blobs.at(entry.source).diff_id});
        } else if (entry.from == PlanEntry::From::blob) {
            const Descriptors::Blob &blob = blobs.at(entry.source);
            if (blob.bytes) {
                PlanEntry inline_entry = entry;
                inline_entry.source = *blob.bytes;
                write(inline_member(inline_entry));
                continue;
            }
            write(tar_header(TarType::file, entry.path, blob.size, entry.mode, entry.mtime));
            layout.places.push_back({entry.source, blob.size, layout.fixed_size});
            layout.fixed_size = sum_of_sizes(layout.fixed_size, blob.size);
            if (const auto padding = tar_padding(blob.size)) write(std::string(padding, '\0'));
        } else {
            write(inline_member(entry));
        }
    }
    return layout;
}

void check_layout(const Layout &layout, const Descriptors &blobs) {
    struct Span {
        std::uint64_t offset, size;
    };
    std::vector<Span> spans;
    const auto wrong = [](const Text &what) { return fault_of_ferry(say("the layout is wrong: {}", what)); };
    for (const Layout::Piece &piece : layout.pieces) spans.push_back({piece.offset, piece.bytes.size()});
    for (const Layout::Place &place : layout.places) {
        spans.push_back({place.offset, place.size});
        if (const std::uint64_t size = blobs.at(place.digest).size; size != place.size)
            throw wrong(say("the blob {} has {} bytes and a place of {}", place.digest, size, place.size));
    }
    std::sort(spans.begin(), spans.end(),
              [](const Span &a, const Span &b) { return std::pair(a.offset, a.size) < std::pair(b.offset, b.size); });
    std::uint64_t at = 0;
    for (const Span &span : spans) {
        if (span.size == 0) continue; // its neighbours are one piece
        if (span.offset != at)
            throw wrong(say("byte {} of the archive does not have one place", std::min(at, span.offset)));
        at = sum_of_sizes(at, span.size);
    }
    if (at != layout.fixed_size) throw wrong(say("{} bytes are placed of {}", at, layout.fixed_size));
}

} // namespace ferry::core
