#include "core/pack/part.h"

#include "core/base/digest.h"
#include "core/pack/archive.h"

namespace ferry::core {

std::string part_of(const std::string &archive) {
    return archive + ".part";
}

std::string journal_of(const std::string &archive) {
    return archive + ".part.journal";
}

std::string spool_of(const std::string &archive, const std::string &digest) {
    return archive + ".part." + std::string(digest_hex(digest).substr(0, 16));
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

bool resumable(Kind kind) noexcept {
    return kind == Kind::interrupted || kind == Kind::network || kind == Kind::rate_limit || kind == Kind::access;
}

Scratch::Scratch(Disk &disk, std::string path) : disk_(disk), path_(std::move(path)), file_(disk.open(path_, false)) {}

Scratch::~Scratch() {
    if (!file_ || kept_) return;
    file_.reset();
    try {
        disk_.remove(path_);
    } catch (const Error &) { // the failure that brought us here is the one to report
    }
}

void Scratch::publish(const std::string &name) {
    file_->sync();
    disk_.rename(path_, name);
    file_.reset();
}

} // namespace ferry::core
