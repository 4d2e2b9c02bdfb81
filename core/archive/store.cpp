#include "core/archive/store.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

namespace ferry::core {

namespace {

const std::vector<std::string> suffixes = {".tar",     ".tar.gz", ".tgz",    ".tar.zst", ".tzst",
                                           ".tar.bz2", ".tbz2",   ".tar.xz", ".txz"};
constexpr std::size_t piece = 256 << 10;
constexpr std::uint64_t least_free = std::uint64_t(256) << 20; // that unpacking leaves on a disk

// A file that is just being written is not damaged yet.
bool settled(const FileState &state) {
    const auto now =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    return now - state.modified_ns > 3'000'000'000;
}

Packing packing_of_file(File &file) {
    std::array<char, 6> head{};
    const std::size_t seen = file.read_at(0, head.data(), head.size());
    return packing_of({head.data(), seen});
}

} // namespace

Store::Store(std::string folder, std::function<void(const Error &)> report, std::stop_token stop, Scratch scratch,
             Disk &disk)
    : folder_(std::move(folder)), report_(std::move(report)), stop_(std::move(stop)), scratch_(std::move(scratch)),
      disk_(disk), offer_(std::make_shared<Offer>(std::vector<std::shared_ptr<const StoredArchive>>())) {
    const std::lock_guard one(refreshing_);
    refresh();
}

std::shared_ptr<const Offer> Store::look() {
    // While one thread reads a large new archive, the others use what was there before.
    if (const std::unique_lock one(refreshing_, std::try_to_lock); one.owns_lock()) {
        try {
            refresh();
        } catch (const Error &e) {
            if (e.kind() == Kind::interrupted) throw;
            report_(e);
        }
    }
    const std::lock_guard lock(mutex_);
    return offer_;
}

void Store::alive() const {
    if (stop_.stop_requested()) throw Error(Kind::interrupted, say("interrupted"));
}

std::shared_ptr<File> Store::unpacked(File &file, Packing packing) const {
    if (packing == Packing::bzip2 || packing == Packing::xz)
        throw Error(Kind::integrity,
                    say("{} is packed with {}, which `ferry serve` does not unpack", file.path(),
                        packing == Packing::xz ? "xz" : "bzip2"),
                    say("unpack it: {} -d {}", packing == Packing::xz ? "xz" : "bzip2", file.path()));
    scratch_.notice(
        say("{} is compressed: it is unpacked to {} for as long as it is offered", file.path(), scratch_.folder));
    const std::uint64_t size = file.size();
    std::uint64_t read = 0, written = 0;
    const auto inflater = Inflater::open(
        [&](void *data, std::size_t wanted) {
            const std::size_t got = file.read_at(read, data, wanted);
            read += got;
            return got;
        },
        file.path());
    std::shared_ptr<File> out = disk_.scratch_file(scratch_.folder, file.path());
    std::vector<char> buffer(piece);
    while (const std::size_t got = inflater->read(buffer.data(), buffer.size())) {
        alive();
        if (written % (std::uint64_t(64) << 20) < piece && disk_.free_space(scratch_.folder) < least_free)
            throw Error(Kind::disk, say("{} has no room for {}, unpacked", scratch_.folder, file.path()),
                        say("unpack it yourself where there is room, or set TMPDIR to another folder"));
        out->write_at(written, buffer.data(), got);
        written += got;
        if (written > unpacked_ceiling(size))
            throw Error(Kind::integrity, say("{} is a decompression bomb", file.path()));
    }
    return out;
}

// What is found in the folder, beside what was known before.
struct Store::Look {
    Look(std::shared_ptr<const Offer> offer, std::map<std::string, Refused> refusals)
        : before(std::move(offer)), refused_before(std::move(refusals)) {
        for (const auto &archive : before->archives()) known_before[archive->path] = archive;
    }

    std::shared_ptr<const Offer> before;
    std::map<std::string, std::shared_ptr<const StoredArchive>> known_before; // all by path
    std::map<std::string, Refused> refused_before;
    std::vector<std::shared_ptr<const StoredArchive>> archives;
    std::map<std::string, Refused> refused;

    // The archive as it was offered before, if the file is still the same.
    std::shared_ptr<const StoredArchive> known(const ListedFile &listed) const {
        const auto found = known_before.find(listed.path);
        return found != known_before.end() && found->second->state == listed.state ? found->second : nullptr;
    }
    // Why it was refused before, if nothing is to be gained from reading it again.
    const Refused *still_refused(const ListedFile &listed) const {
        const auto found = refused_before.find(listed.path);
        if (found == refused_before.end()) return nullptr;
        const Refused &old = found->second;
        // What was not whole, and is still written to, is not unpacked again and again.
        const bool growing = old.compressed && !settled(listed.state);
        return growing || old.state == listed.state ? &old : nullptr;
    }
};

void Store::refresh() {
    const std::vector<ListedFile> files = disk_.list_files(folder_, suffixes);
    Look look = [this] {
        const std::lock_guard lock(mutex_);
        return Look(offer_, refused_);
    }();
    std::set<std::string> seen; // two links to one file are one archive
    for (const ListedFile &listed : files)
        if (seen.insert(listed.path).second) examine(listed, look);
    std::vector<Error> to_report;
    for (const ListedFile &listed : files) {
        const auto found = look.refused.find(listed.path);
        if (found == look.refused.end() || found->second.reported || !settled(listed.state)) continue;
        found->second.reported = true;
        to_report.push_back(found->second.why);
    }
    adopt(std::move(look));
    for (const Error &why : to_report) report_(why);
}

void Store::examine(const ListedFile &listed, Look &look) const {
    if (const Refused *old = look.still_refused(listed)) {
        look.refused.emplace(listed.path, *old);
    } else if (auto archive = look.known(listed)) {
        look.archives.push_back(std::move(archive));
    } else {
        bool compressed = false;
        try {
            look.archives.push_back(read(listed, compressed));
        } catch (const Error &e) {
            if (e.kind() == Kind::interrupted) throw;
            look.refused.emplace(listed.path, Refused{listed.state, e, false, compressed});
        }
    }
}

std::shared_ptr<const StoredArchive> Store::read(const ListedFile &listed, bool &compressed) const {
    const auto file = disk_.open_to_read(listed.path);
    const FileState state = file->state();
    const Packing packing = packing_of_file(*file);
    compressed = packing != Packing::none;
    const std::shared_ptr<File> tar = compressed ? unpacked(*file, packing) : nullptr;
    Contents contents = read_contents(tar ? *tar : *file, listed.stem, [this] { alive(); });
    return std::make_shared<StoredArchive>(StoredArchive{listed.name, listed.path, state, std::move(contents), tar});
}

void Store::adopt(Look look) {
    const std::lock_guard lock(mutex_);
    refused_ = std::move(look.refused);
    if (look.archives != look.before->archives()) offer_ = std::make_shared<Offer>(std::move(look.archives));
    // Checks of files that are gone, or were changed, are of no more use.
    std::erase_if(checks_, [this](const auto &check) {
        const auto &all = offer_->archives();
        return check.second == Check::good && std::none_of(all.begin(), all.end(), [&](const auto &archive) {
                   return archive->state == check.first.first;
               });
    });
}

void Store::refuse(const StoredArchive &archive, const Error &why) {
    const std::lock_guard one(refreshing_);
    {
        const std::lock_guard lock(mutex_);
        const auto before = refused_.find(archive.path);
        if (before != refused_.end() && before->second.state == archive.state) return;
        refused_.insert_or_assign(archive.path, Refused{archive.state, why, true, archive.unpacked != nullptr});
        std::vector<std::shared_ptr<const StoredArchive>> rest;
        for (const auto &one_of : offer_->archives())
            if (one_of->path != archive.path) rest.push_back(one_of);
        offer_ = std::make_shared<Offer>(std::move(rest));
    }
    report_(why);
}

void Store::verify(File &file, const Offer::Blob &blob, const std::string &digest) {
    const Key key{blob.archive->state, {blob.place.offset, digest}};
    {
        std::unique_lock lock(mutex_);
        while (true) {
            const auto check = checks_.find(key);
            if (check == checks_.end()) break;
            if (check->second == Check::good) return;
            verified_.wait_for(lock, std::chrono::milliseconds(200));
            alive();
        }
        checks_[key] = Check::running;
    }
    const auto settle = [&](bool good) {
        const std::lock_guard lock(mutex_);
        if (good)
            checks_[key] = Check::good;
        else
            checks_.erase(key);
        verified_.notify_all();
    };
    try {
        verify_blob(file, blob.place, digest, [this] { alive(); });
    } catch (...) {
        settle(false);
        throw;
    }
    settle(true);
}

bool Store::verified(const std::string &repository, const std::string &ns, const std::string &digest) {
    for (int tries = 0; tries < 2; ++tries) {
        if (tries) look();
        const std::lock_guard lock(mutex_);
        const Offer::Repository *found = offer_->find(repository, ns);
        const Offer::Blob *blob = found ? found->blob(digest) : nullptr;
        if (!blob) continue;
        const auto check = checks_.find({blob->archive->state, {blob->place.offset, digest}});
        return check != checks_.end() && check->second == Check::good;
    }
    return true;
}

std::optional<Store::Opened> Store::open_blob(const std::string &repository, const std::string &ns,
                                              const std::string &digest) {
    std::shared_ptr<const Offer> offer;
    {
        const std::lock_guard lock(mutex_);
        offer = offer_;
    }
    for (int tries = 0; tries < 3; ++tries) {
        const Offer::Repository *found = offer->find(repository, ns);
        const Offer::Blob *blob = found ? found->blob(digest) : nullptr;
        if (blob) {
            std::shared_ptr<File> file;
            try {
                file = disk_.open_to_read(blob->archive->path);
            } catch (const Error &) {
                // It is gone: looked at anew below.
            }
            // Whoever replaces an archive, or writes into it, changes its state.
            if (file && file->state() == blob->archive->state) {
                const std::shared_ptr<File> bytes = blob->archive->unpacked ? blob->archive->unpacked : file;
                try {
                    verify(*bytes, *blob, digest);
                } catch (const Error &e) {
                    if (e.kind() != Kind::integrity) throw;
                    if (file->state() != blob->archive->state) {
                        offer = look();
                        continue; // it was written to just now
                    }
                    refuse(*blob->archive, e);
                    throw;
                }
                return Opened{bytes, blob->place, bytes->state()};
            }
        } else if (tries) {
            return std::nullopt;
        }
        offer = look();
    }
    return std::nullopt;
}

} // namespace ferry::core
