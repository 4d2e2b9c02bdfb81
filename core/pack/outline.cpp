#include "core/pack/outline.h"

#include "core/base/digest.h"
#include "core/pack/loadable.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace ferry::core {

ArchiveOutline outline(const ArchiveJob &job, const Operation &operation) {
    ArchiveOutline out;
    const Descriptors blobs(job.images);
    out.plan = job.packer->plan(operation, job.images);
    if (std::none_of(out.plan.entries.begin(), out.plan.entries.end(),
                     [](const PlanEntry &entry) { return entry.type == TarType::file; }))
        throw Error(Kind::plugin, say("the packer {} plans an archive without a single file", job.packer->id()),
                    say("this is a fault of the plugin: report it to its author, or choose another format with -f"));
    require_loadable(out.plan, job.images);
    out.layout = lay_out(out.plan, blobs);
    std::set<std::string> seen, unpacked;
    for (const Layout::Tail &tail : out.layout.tails) unpacked.insert(tail.digest);
    for (const Layout::Place &place : out.layout.places)
        if (seen.insert(place.digest).second)
            out.blobs.push_back({place.digest, place.size, unpacked.count(place.digest) != 0});
    out.size = sum_of_sizes(out.layout.fixed_size, tar_end_size);
    out.exact = out.layout.tails.empty() && !out.layout.has_late;
    for (const Layout::Tail &tail : out.layout.tails) {
        const std::uint64_t size = blobs.at(tail.digest).size;
        out.size = sum_of_sizes(out.size, size);
        if (seen.insert(tail.digest).second) out.blobs.push_back({tail.digest, size, true});
    }
    for (const BlobInfo &blob : out.blobs) out.transfer = sum_of_sizes(out.transfer, blob.size);
    return out;
}

std::string identity_of(const ArchiveJob &job, const ArchiveOutline &outline) {
    Hasher hasher;
    const auto add = [&](std::string_view text) {
        const std::string size = std::to_string(text.size()) + ":";
        hasher.update(size.data(), size.size());
        hasher.update(text.data(), text.size());
    };
    add(job.packer->id());
    add(std::to_string(job.rules.chunk));
    for (const Layout::Piece &piece : outline.layout.pieces) {
        add(std::to_string(piece.offset));
        add(piece.bytes);
    }
    for (const Layout::Place &place : outline.layout.places) {
        add(place.digest);
        add(std::to_string(place.offset));
    }
    for (const Layout::Tail &tail : outline.layout.tails) {
        add(tail.digest);
        add(tail.diff_id);
        add(tar_header(TarType::file, tail.entry.path, 0, tail.entry.mode, tail.entry.mtime));
    }
    return std::string(digest_hex(hasher.finish()));
}

} // namespace ferry::core
