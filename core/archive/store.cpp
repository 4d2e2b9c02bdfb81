#include "core/archive/store.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace ferry::core {

namespace {

const std::vector<std::string> suffixes = {".tar",     ".tar.gz", ".tgz",    ".tar.zst", ".tzst",
                                           ".tar.bz2", ".tbz2",   ".tar.xz", ".txz"};
constexpr std::size_t piece = 256 << 10;
constexpr std::uint64_t least_free = std::uint64_t(256) << 20; // that unpacking leaves on a disk

// A file that is just being written is no damaged one yet.
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

Store::Store(std::string folder, std::function<void(const Error &)> report, std::stop_token stop, Scratch scratch)
    : folder_(std::move(folder)), report_(std::move(report)), stop_(std::move(stop)), scratch_(std::move(scratch)),
      offer_(std::make_shared<Offer>(std::vector<std::shared_ptr<const StoredArchive>>())) {
    const std::lock_guard one(refreshing_);
    refresh();
}

std::shared_ptr<const Offer> Store::look() {
    // While one thread reads a large new archive, the others go on with what was there before.
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
    std::shared_ptr<File> out = scratch_file(scratch_.folder, file.path());
    std::vector<char> buffer(piece);
    while (const std::size_t got = inflater->read(buffer.data(), buffer.size())) {
        alive();
        if (written % (std::uint64_t(64) << 20) < piece && real_disk().free_space(scratch_.folder) < least_free)
            throw Error(Kind::disk, say("{} has no room for {}, unpacked", scratch_.folder, file.path()),
                        say("unpack it yourself where there is room, or set TMPDIR to another folder"));
        out->write_at(written, buffer.data(), got);
        written += got;
        if (written > unpacked_ceiling(size))
            throw Error(Kind::integrity, say("{} is a decompression bomb", file.path()));
    }
    return out;
}

void Store::refresh() {
    const std::vector<ListedFile> files = list_files(folder_, suffixes);
    std::shared_ptr<const Offer> before;
    std::map<std::string, Refused> refused;
    {
        const std::lock_guard lock(mutex_);
        before = offer_;
        refused = refused_;
    }
    std::map<std::string, std::shared_ptr<const StoredArchive>> known;
    for (const auto &archive : before->archives()) known[archive->path] = archive;

    std::vector<std::shared_ptr<const StoredArchive>> archives;
    std::map<std::string, Refused> still_refused;
    std::vector<Error> to_report;
    for (const ListedFile &listed : files) {
        // Two links to one file are one archive.
        if (std::any_of(archives.begin(), archives.end(), [&](const auto &a) { return a->path == listed.path; }) ||
            still_refused.count(listed.path))
            continue;
        auto old = refused.find(listed.path);
        // What was not whole, and is still written to, is not unpacked again and again.
        const bool growing = old != refused.end() && old->second.compressed && !settled(listed.state);
        if (!growing && (old == refused.end() || old->second.state != listed.state)) {
            bool compressed = false;
            const auto same = known.find(listed.path);
            if (same != known.end() && same->second->state == listed.state) {
                archives.push_back(same->second);
                continue;
            }
            try {
                const auto file = open_to_read(listed.path);
                const FileState state = file->state();
                const Packing packing = packing_of_file(*file);
                compressed = packing != Packing::none;
                const std::shared_ptr<File> tar = compressed ? unpacked(*file, packing) : nullptr;
                Contents contents = read_contents(tar ? *tar : *file, listed.stem, [this] { alive(); });
                archives.push_back(std::make_shared<StoredArchive>(
                    StoredArchive{listed.name, listed.path, state, std::move(contents), tar}));
                continue;
            } catch (const Error &e) {
                if (e.kind() == Kind::interrupted) throw;
                old = refused.insert_or_assign(listed.path, Refused{listed.state, e, false, compressed}).first;
            }
        }
        Refused &why = still_refused.emplace(listed.path, old->second).first->second;
        if (!why.reported && settled(listed.state)) {
            why.reported = true;
            to_report.push_back(why.why);
        }
    }
    {
        const std::lock_guard lock(mutex_);
        refused_ = std::move(still_refused);
        if (archives != before->archives()) offer_ = std::make_shared<Offer>(std::move(archives));
        // Checks of files that are gone, or were changed, are of no more use.
        std::erase_if(checks_, [this](const auto &check) {
            const auto &all = offer_->archives();
            return check.second == Check::good && std::none_of(all.begin(), all.end(), [&](const auto &archive) {
                       return archive->state == check.first.first;
                   });
        });
    }
    for (const Error &why : to_report) report_(why);
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
                file = open_to_read(blob->archive->path);
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
