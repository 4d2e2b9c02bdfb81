#include "core/pack/part.h"

#include "core/base/digest.h"
#include "core/pack/journal.h"

#include <ferry/text.hpp>

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

bool resumable(Kind kind) noexcept {
    return kind == Kind::interrupted || kind == Kind::network || kind == Kind::rate_limit || kind == Kind::access ||
           kind == Kind::disk;
}

namespace {

// The length of what part_of() and the like append to an archive's name; 0 when `path` is not such a file.
std::size_t suffix_size(std::string_view path) {
    constexpr std::string_view part = ".part";
    const auto at = path.rfind(part);
    if (at == path.npos || at == 0 || path[at - 1] == '/') return 0;
    const std::string_view rest = path.substr(at + part.size());
    const bool spool =
        rest.size() == 17 && rest[0] == '.' && rest.find_first_not_of("0123456789abcdef", 1) == rest.npos;
    return rest.empty() || rest == ".journal" || spool ? path.size() - at : 0;
}

// Of one archive, what has such a name.
std::vector<std::string> files_of(Disk &disk, const std::string &archive) {
    std::vector<std::string> paths = disk.list(part_of(archive));
    std::erase_if(paths, [&](const std::string &path) { return archive.size() + suffix_size(path) != path.size(); });
    return paths;
}

bool is_spool(const std::string &archive, const std::string &path) {
    return path != part_of(archive) && path != journal_of(archive);
}

void remove_found(Disk &disk, const std::string &path) {
    if (const auto file = disk.find(path)) disk.remove(*file);
}

// For who fails already.
void discard_found(Disk &disk, const std::string &path) noexcept {
    try {
        remove_found(disk, path);
    } catch (const Error &) {
    }
}

} // namespace

Busy::Busy(const std::string &path)
    : Error(Kind::disk, say("{} is being written by another ferry", path),
            say("wait for it, or choose another name with --name FILE")) {}

std::unique_ptr<File> open_alone(Disk &disk, const std::string &path) {
    const bool made = !disk.exists(path);
    auto file = disk.open(path, false);
    bool mine = false;
    try {
        mine = file->lock();
    } catch (...) {
        if (made) discard(disk, *file);
        throw;
    }
    if (!mine) throw Busy(path);
    return file;
}

std::unique_ptr<Journal> open_journal(Disk &disk, const std::string &archive, std::string_view identity, bool fresh) {
    const std::string path = journal_of(archive);
    const bool made = !disk.exists(path);
    auto file = open_alone(disk, path);
    try {
        return std::make_unique<Journal>(std::move(file), identity, fresh);
    } catch (...) {
        if (made) discard_found(disk, path);
        throw;
    }
}

void discard(Disk &disk, File &file) noexcept {
    try {
        disk.remove(file);
    } catch (const Error &) { // the failure that brought us here is the one to report, or the work is done
    }
}

void remove_spools(Disk &disk, const std::string &archive) {
    for (const std::string &path : files_of(disk, archive))
        if (is_spool(archive, path)) remove_found(disk, path);
}

void remove_spool(Disk &disk, const std::string &archive, const std::string &digest) {
    remove_found(disk, spool_of(archive, digest));
}

std::uint64_t left_behind(Disk &disk, const std::string &archive) {
    std::uint64_t bytes = 0;
    for (const std::string &path : files_of(disk, archive)) bytes += disk.used_space(path);
    return bytes;
}

std::vector<std::string> clean_folder(Disk &disk, const std::string &folder) {
    std::map<std::string, std::vector<std::string>> left; // by archive
    for (const std::string &path : disk.list(folder + "/"))
        if (const std::size_t suffix = suffix_size(path)) left[path.substr(0, path.size() - suffix)].push_back(path);
    std::vector<std::string> removed;
    for (const auto &[archive, paths] : left) {
        const auto journal = disk.find(journal_of(archive));
        if (!journal || !Journal::recognizes(*journal)) continue;
        const auto part = disk.find(part_of(archive));
        if ((part && !part->lock()) || !journal->lock()) continue;
        for (const std::string &path : paths) {
            if (path == journal_of(archive)) continue;
            if (const auto file = disk.find(path); file && disk.remove(*file)) removed.push_back(path);
        }
        // The last one: without it nobody knows whose the others are.
        if (disk.remove(*journal)) removed.push_back(journal_of(archive));
    }
    return removed;
}

Scratch::Scratch(Disk &disk, const std::string &path)
    : disk_(disk), made_(!disk.exists(path)), file_(open_alone(disk, path)) {}

Scratch::~Scratch() {
    if (file_ && !kept_) discard(disk_, *file_);
}

void Scratch::publish(const std::string &name) {
    file_->sync();
    disk_.publish(*file_, name);
    file_.reset();
}

} // namespace ferry::core
