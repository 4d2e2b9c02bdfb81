#include "core/pack/archive.h"

#include "core/pack/inflate.h"

#include <algorithm>
#include <set>

namespace ferry::core {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

// A temporary file that does not outlive its owner, unless kept.
class Scratch {
public:
    Scratch(Disk &disk, std::string path) : disk_(disk), path_(std::move(path)), file_(disk.open(path_, true)) {}
    ~Scratch() {
        if (!file_) return;
        file_.reset();
        try {
            disk_.remove(path_);
        } catch (const Error &) { // the failure that brought us here is the one to report
        }
    }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    File &file() noexcept { return *file_; }
    void publish(const std::string &name) {
        file_->sync();
        disk_.rename(path_, name);
        file_.reset();
    }

private:
    Disk &disk_;
    std::string path_;
    std::unique_ptr<File> file_;
};

// Where a blob's bytes are.
struct Home {
    std::size_t number; // in the fetcher
    File *file;
    std::uint64_t offset;
    std::unique_ptr<Scratch> spool; // when they are not in the archive as they come
};

class Writer {
public:
    Writer(const ArchiveJob &job, const ArchiveOutline &outline, Disk &disk, const Operation &operation, Observer &observer)
        : job_(job), outline_(outline), disk_(disk), operation_(operation), observer_(observer),
          part_(disk, job.path + ".part"), fetcher_(job.rules, operation, observer) {}

    std::uint64_t run() {
        for (const Layout::Piece &piece : outline_.layout.pieces)
            part_.file().write_at(piece.offset, piece.bytes.data(), piece.bytes.size());
        find_homes();
        end_ = outline_.layout.fixed_size;
        {
            std::jthread unpacker;
            if (!outline_.layout.tails.empty())
                unpacker = std::jthread([this] {
                    try {
                        unpack_all();
                    } catch (...) {
                        fetcher_.fail(std::current_exception());
                    }
                });
            fetch_and_join(unpacker);
        }
        copy_repeats();
        if (outline_.layout.has_late) write_late();
        part_.file().resize(end_ + tar_end_size);
        operation_.throw_if_cancelled();
        part_.publish(job_.path);
        return end_ + tar_end_size;
    }

private:
    void find_homes() {
        for (std::size_t i = 0; i < outline_.blobs.size(); ++i) {
            const std::string &digest = outline_.blobs[i].digest;
            const auto &places = outline_.layout.places;
            const auto place = std::find_if(places.begin(), places.end(), [&](const auto &p) { return p.digest == digest; });
            Home home{};
            if (place != places.end()) {
                home.file = &part_.file();
                home.offset = place->offset;
            } else {
                home.spool = std::make_unique<Scratch>(disk_, job_.path + ".part." + std::string(digest_hex(digest).substr(0, 16)));
                home.file = &home.spool->file();
            }
            const auto [descriptor, repository] = source_of(digest);
            home.number = fetcher_.add(*descriptor, *repository, *home.file, home.offset, home.spool != nullptr);
            homes_.emplace(digest, std::move(home));
        }
    }

    std::pair<const Descriptor *, Repository *> source_of(const std::string &digest) const {
        for (std::size_t i = 0; i < job_.images.size(); ++i)
            for (const Layer &layer : job_.images[i].layers)
                if (layer.blob.digest == digest) return {&layer.blob, job_.repositories[i].get()};
        throw Error(Kind::other, "no image has the blob " + digest);
    }

    void fetch_and_join(std::jthread &unpacker) {
        try {
            fetcher_.run();
            if (unpacker.joinable()) unpacker.join();
            fetcher_.rethrow();
        } catch (...) {
            if (unpacker.joinable()) unpacker.join();
            throw;
        }
    }

    void unpack_all() {
        std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> unpacked; // digest -> offset, size
        for (std::size_t i = 0; i < outline_.layout.tails.size(); ++i) {
            const Layout::Tail &tail = outline_.layout.tails[i];
            Home &home = homes_.at(tail.digest);
            if (!fetcher_.wait_verified(home.number)) return;
            const std::uint64_t header_at = end_;
            const std::uint64_t content_at = header_at + header_of(tail, 0).size();
            std::uint64_t size;
            if (const auto before = unpacked.find(tail.digest); before != unpacked.end()) {
                size = before->second.second;
                part_.file().copy_from(part_.file(), before->second.first, content_at, size);
            } else {
                observer_.state(home.number, BlobState::unpacking, {});
                size = unpack(tail, home, content_at);
                unpacked[tail.digest] = {content_at, size};
                sizes_[tail.digest] = size;
                observer_.state(home.number, BlobState::done, {});
                if (home.spool) {
                    home.spool.reset();
                    fetcher_.consumed(home.number);
                }
            }
            std::string header = header_of(tail, size);
            part_.file().write_at(header_at, header.data(), header.size());
            end_ = content_at + size;
            if (const auto padding = tar_padding(size)) {
                part_.file().write_at(end_, std::string(padding, '\0').data(), padding);
                end_ += padding;
            }
        }
    }

    // A header is as long for one size as for another (tar.h).
    static std::string header_of(const Layout::Tail &tail, std::uint64_t size) {
        return tar_header(TarType::file, tail.entry.path, size, tail.entry.mode, tail.entry.mtime);
    }

    std::uint64_t unpack(const Layout::Tail &tail, const Home &home, std::uint64_t content_at) {
        const std::string what = "the layer " + tail.digest;
        const std::uint64_t packed = source_of(tail.digest).first->size;
        const std::uint64_t ceiling = unpacked_ceiling(packed);
        std::uint64_t at = 0;
        const auto inflater = Inflater::open(
            [&](void *data, std::size_t size) {
                operation_.throw_if_cancelled();
                const std::size_t got = home.file->read_at(home.offset + at, data, std::min<std::uint64_t>(size, packed - at));
                at += got;
                return got;
            },
            what);
        Hasher hasher(tail.diff_id);
        std::vector<char> buffer(buffer_size);
        std::uint64_t size = 0;
        while (const std::size_t got = inflater->read(buffer.data(), buffer.size())) {
            hasher.update(buffer.data(), got);
            part_.file().write_at(content_at + size, buffer.data(), got);
            size += got;
            if (size > ceiling)
                throw Error(Kind::integrity, what + " unpacks to more than " + std::to_string(ceiling) +
                                                 " bytes from " + std::to_string(packed) + ", as decompression bombs do",
                            "do not use this image unless you know its publisher");
        }
        const std::string found = hasher.finish();
        if (found != tail.diff_id)
            throw Error(Kind::integrity, what + " unpacks to " + found + ", while the image's config promises " + tail.diff_id,
                        "the image was damaged before it was pushed: tell its publisher");
        return size;
    }

    // A blob that stands in the archive more than once was fetched once.
    void copy_repeats() {
        std::set<std::string> seen;
        for (const Layout::Place &place : outline_.layout.places)
            if (!seen.insert(place.digest).second)
                part_.file().copy_from(part_.file(), homes_.at(place.digest).offset, place.offset, place.size);
    }

    void write_late() {
        const Plan second = job_.packer->plan(operation_, job_.images, sizes_);
        const auto steady = [](const Plan &plan) {
            std::vector<const PlanEntry *> entries;
            for (const PlanEntry &entry : plan.entries)
                if (!entry.late) entries.push_back(&entry);
            return entries;
        };
        const auto before = steady(outline_.plan), after = steady(second);
        if (!std::equal(before.begin(), before.end(), after.begin(), after.end(),
                        [](const PlanEntry *a, const PlanEntry *b) { return *a == *b; }))
            throw Error(Kind::plugin, "the packer " + job_.packer->id() + " plans other entries when it is asked again",
                        "this is a fault of the plugin: report it to its author");
        for (const PlanEntry &entry : second.entries) {
            if (!entry.late) continue;
            const std::string member = inline_member(entry);
            part_.file().write_at(end_, member.data(), member.size());
            end_ += member.size();
        }
    }

    const ArchiveJob &job_;
    const ArchiveOutline &outline_;
    Disk &disk_;
    const Operation &operation_;
    Observer &observer_;
    Scratch part_;
    std::map<std::string, Home> homes_;
    std::map<std::string, std::uint64_t> sizes_; // unpacked, by blob digest
    std::uint64_t end_ = 0;
    Fetcher fetcher_;
};

} // namespace

ArchiveOutline outline(const ArchiveJob &job, const Operation &operation) {
    ArchiveOutline out;
    out.plan = job.packer->plan(operation, job.images);
    out.layout = lay_out(out.plan, job.images);
    std::map<std::string, std::uint64_t> sizes;
    for (const Image &image : job.images)
        for (const Layer &layer : image.layers) sizes[layer.blob.digest] = layer.blob.size;
    std::set<std::string> seen;
    for (const Layout::Place &place : out.layout.places)
        if (seen.insert(place.digest).second) out.blobs.push_back({place.digest, place.size, false});
    out.size = out.layout.fixed_size + tar_end_size;
    out.exact = out.layout.tails.empty() && !out.layout.has_late;
    for (const Layout::Tail &tail : out.layout.tails) {
        out.size += sizes[tail.digest];
        if (seen.insert(tail.digest).second) out.blobs.push_back({tail.digest, sizes[tail.digest], true});
    }
    for (const BlobInfo &blob : out.blobs) out.transfer += blob.size;
    return out;
}

std::uint64_t make_archive(const ArchiveJob &job, const ArchiveOutline &outline, Disk &disk, const Operation &operation,
                           Observer &observer) {
    observer.begin(job.path, outline.blobs);
    struct End {
        Observer &observer;
        ~End() { observer.end(); }
    } const end{observer};
    return Writer(job, outline, disk, operation, observer).run();
}

} // namespace ferry::core
