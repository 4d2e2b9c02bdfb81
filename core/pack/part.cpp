#include "core/pack/part.h"

#include "core/base/digest.h"
#include "core/pack/archive.h"

#include <map>

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

namespace {

// The length of what part_of() and the like append to an archive's name; 0 when `path` is no such file.
std::size_t suffix_size(std::string_view path) {
    constexpr std::string_view part = ".part";
    const auto at = path.rfind(part);
    if (at == path.npos || at == 0 || path[at - 1] == '/') return 0;
    const std::string_view rest = path.substr(at + part.size());
    const bool spool =
        rest.size() == 17 && rest[0] == '.' && rest.find_first_not_of("0123456789abcdef", 1) == rest.npos;
    return rest.empty() || rest == ".journal" || spool ? path.size() - at : 0;
}

} // namespace

std::vector<std::string> clean_folder(Disk &disk, const std::string &folder) {
    std::map<std::string, std::vector<std::string>> left; // by archive
    for (const std::string &path : disk.list(folder + "/"))
        if (const std::size_t suffix = suffix_size(path)) left[path.substr(0, path.size() - suffix)].push_back(path);
    std::vector<std::string> removed;
    for (const auto &[archive, paths] : left) {
        std::unique_ptr<File> part;
        if (disk.exists(part_of(archive))) {
            part = disk.open(part_of(archive), false);
            if (!part->lock()) continue;
        }
        for (const std::string &path : paths)
            if (disk.remove(path)) removed.push_back(path);
    }
    return removed;
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
