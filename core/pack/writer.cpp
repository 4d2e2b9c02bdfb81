#include "core/pack/writer.h"

#include "core/archive/inflate.h"
#include "core/base/fault.h"
#include "core/pack/flow.h"
#include "core/pack/journal.h"
#include "core/pack/loadable.h"
#include "core/pack/part.h"
#include "core/pack/pipe.h"
#include "core/pack/spool.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace ferry::core {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

// Where a blob's bytes are.
struct Home {
    std::size_t number; // in the fetcher
    File *file;
    std::uint64_t offset;
    std::unique_ptr<Spool> spool; // when they are not in the archive as they come
    std::unique_ptr<Flow> flow;   // instead, when nothing may be spooled
};

class Writer {
public:
    Writer(const ArchiveJob &job, const ArchiveOutline &outline, Disk &disk, const Operation &operation,
           Observer &observer)
        : job_(job), outline_(outline), disk_(disk), operation_(operation), observer_(observer),
          for_docker_(for_docker(outline.plan)), blobs_(job.images), part_(disk, part_of(job.path)),
          fetcher_(job.rules, operation, observer) {}

    std::uint64_t run() {
        try {
            const std::uint64_t size = make();
            forget_journal();
            return size;
        } catch (const Mislabelled &) {
            forget_journal();
            throw;
        } catch (const Busy &busy) {
            const bool spool = journal_ != nullptr; // not the archive itself
            const Error failure = settled(busy);
            if (spool) throw failure;
            throw;
        } catch (...) {
            throw settled(current_error());
        }
    }

private:
    // What becomes of what is here; the failure, which says it.
    Error settled(Error failure) {
        if (!journal_) { // nothing was begun, and what an earlier run left is as it was
            if (!part_.made()) part_.keep();
            return failure;
        }
        // Where somebody took the part away, there is nothing to go on with either.
        if ((!resumable(failure.kind()) && !lacks_resources(failure)) || !disk_.named(part_.file())) {
            forget_journal();
            return failure;
        }
        part_.keep();
        for (auto &[digest, home] : homes_)
            if (home.spool) home.spool->keep();
        const Text here =
            say("what is here is kept in {}, and the same command resumes from there", part_of(job_.path));
        failure.remedy = failure.remedy.empty() ? here : say("{}; {}", failure.remedy, here);
        return failure;
    }

    void forget_journal() {
        if (journal_) discard(disk_, journal_->file());
        journal_.reset();
    }

    std::uint64_t make() {
        check_layout(outline_.layout, blobs_);
        begin_journal();
        for (const Layout::Piece &piece : outline_.layout.pieces)
            part_.file().write_at(piece.offset, piece.bytes.data(), piece.bytes.size());
        end_ = outline_.layout.fixed_size;
        part_.file().will_stay();
        restore_tails();
        find_homes();
        restore_chunks();
        {
            std::jthread unpacker;
            if (tails_done_ < outline_.layout.tails.size() || for_docker_)
                unpacker = std::jthread([this] {
                    try {
                        unpack_all();
                        if (for_docker_) look_into_places();
                    } catch (...) {
                        fetcher_.fail(std::current_exception());
                        close_flows();
                    }
                });
            fetch_and_join(unpacker);
        }
        copy_repeats();
        if (outline_.layout.has_late) write_late();
        part_.file().resize(end_); // whatever lay behind is no part of the end
        part_.file().resize(end_ + tar_end_size);
        operation_.throw_if_cancelled();
        if (job_.deliver)
            job_.deliver(part_.file(), end_ + tar_end_size);
        else
            part_.publish(job_.path);
        return end_ + tar_end_size;
    }

    void begin_journal() {
        journal_ = open_journal(disk_, job_.path, identity_of(job_, outline_), job_.force);
        if (journal_->resumed()) return;
        // Whatever lies here is of another plan.
        part_.file().resize(0);
        remove_spools(disk_, job_.path);
    }

    // Layers that an earlier run unpacked: taken over when they still hash to their diff_id.
    void restore_tails() {
        std::map<std::uint32_t, std::uint64_t> sizes;
        for (const Journal::Record &record : journal_->records())
            if (record.kind == Journal::Kind::unpacked) sizes[record.number] = record.value;
        std::vector<char> buffer(buffer_size);
        for (; tails_done_ < outline_.layout.tails.size(); ++tails_done_) {
            const Layout::Tail &tail = outline_.layout.tails[tails_done_];
            const auto size = sizes.find(static_cast<std::uint32_t>(tails_done_));
            if (size == sizes.end()) return;
            const std::uint64_t content_at = end_ + header_of(tail, 0).size();
            Hasher hasher(tail.diff_id);
            std::uint64_t at = 0;
            while (at < size->second) {
                operation_.throw_if_cancelled();
                const std::size_t got = part_.file().read_at(content_at + at, buffer.data(),
                                                             std::min<std::uint64_t>(buffer.size(), size->second - at));
                if (got == 0) return;
                hasher.update(buffer.data(), got);
                at += got;
            }
            if (hasher.finish() != tail.diff_id) return;
            finish_tail(tail, end_, size->second);
            unpacked_[tail.digest] = {content_at, size->second};
        }
    }

    void find_homes() {
        const std::set<std::string> wanted = wanted_blobs();
        for (std::size_t i = 0; i < outline_.blobs.size(); ++i)
            find_home(i, wanted.count(outline_.blobs[i].digest) != 0);
    }

    // Those that some entry still waits for.
    std::set<std::string> wanted_blobs() const {
        std::set<std::string> wanted;
        for (const Layout::Place &place : outline_.layout.places) wanted.insert(place.digest);
        for (std::size_t i = tails_done_; i < outline_.layout.tails.size(); ++i)
            if (!unpacked_.count(outline_.layout.tails[i].digest)) wanted.insert(outline_.layout.tails[i].digest);
        return wanted;
    }

    void find_home(std::size_t index, bool wanted) {
        const std::string &digest = outline_.blobs[index].digest;
        const Descriptors::Blob &blob = blobs_.at(digest);
        const auto number = static_cast<std::uint32_t>(index);
        const auto &places = outline_.layout.places;
        const auto place =
            std::find_if(places.begin(), places.end(), [&](const auto &p) { return p.digest == digest; });
        Home home{};
        home.file = &part_.file();
        if (place != places.end()) {
            home.offset = place->offset;
        } else if (wanted && job_.rules.spool_limit == 0) {
            home.flow = std::make_unique<Flow>(say("layer {}", digest), blob.size);
            home.file = home.flow.get();
            remove_spool(disk_, job_.path, digest); // of a run that had one
        } else if (wanted) {
            home.spool = std::make_unique<Spool>(disk_, spool_of(job_.path, digest));
            home.file = home.spool.get();
        }
        Fetcher::Order order{*blob.descriptor, job_.repositories[blob.image].get(), home.file, home.offset};
        order.spooled = home.spool || home.flow;
        order.settled = !wanted;
        if (Flow *flow = home.flow.get()) {
            order.in_order = true;
            order.on_restart = [flow] { flow->restart(); };
        } else {
            order.on_chunk = [this, number](std::uint64_t chunk, std::uint32_t crc) {
                journal_->add({Journal::Kind::chunk, number, chunk, crc});
            };
            order.on_restart = [this, number] { journal_->add({Journal::Kind::dropped, number, 0, 0}); };
        }
        if (Spool *spool = home.spool.get()) order.on_verified = [spool] { spool->close(); };
        home.number = fetcher_.add(std::move(order));
        if (!wanted) {
            remove_spool(disk_, job_.path, digest);
            observer_.advance(index, static_cast<std::int64_t>(blob.size));
            observer_.state(index, BlobState::done, {});
            restored_ += blob.size;
        }
        homes_.emplace(digest, std::move(home));
    }

    void restore_chunks() {
        std::map<std::uint32_t, std::map<std::uint64_t, std::uint32_t>> chunks;
        for (const Journal::Record &record : journal_->records()) {
            if (record.kind == Journal::Kind::chunk) chunks[record.number][record.value] = record.crc;
            if (record.kind == Journal::Kind::dropped) chunks.erase(record.number);
        }
        for (const auto &[number, crcs] : chunks) {
            if (number >= outline_.blobs.size()) continue;
            std::uint64_t bytes = 0;
            for (const auto &[chunk, crc] : crcs) {
                operation_.throw_if_cancelled();
                bytes += fetcher_.blob(number).restore(chunk, crc);
            }
            if (const auto &spool = homes_.at(outline_.blobs[number].digest).spool) spool->close();
            restored_ += bytes;
            if (bytes) observer_.advance(number, static_cast<std::int64_t>(bytes));
        }
        if (!restored_) return;
        observer_.resumed(restored_);
        operation_.log().info(say("going on with {}: {} bytes are here", part_of(job_.path), restored_));
    }

    void fetch_and_join(std::jthread &unpacker) {
        try {
            fetcher_.run();
            if (unpacker.joinable()) unpacker.join();
            fetcher_.rethrow();
        } catch (...) {
            close_flows();
            if (unpacker.joinable()) unpacker.join();
            throw;
        }
    }

    void close_flows() {
        for (auto &[digest, home] : homes_)
            if (home.flow) home.flow->close();
    }

    void unpack_all() {
        for (std::size_t i = tails_done_; i < outline_.layout.tails.size(); ++i) {
            const Layout::Tail &tail = outline_.layout.tails[i];
            Home &home = homes_.at(tail.digest);
            if (!home.flow && !fetcher_.wait_verified(home.number)) return;
            const std::uint64_t header_at = end_;
            const std::uint64_t content_at = header_at + header_of(tail, 0).size();
            std::uint64_t size = 0;
            bool first = false;
            if (const auto before = unpacked_.find(tail.digest); before != unpacked_.end()) {
                size = before->second.second;
                part_.file().copy_from(part_.file(), before->second.first, content_at, size);
            } else {
                const auto done = home.flow ? unpack_flow(tail, home, content_at) : unpack_file(tail, home, content_at);
                if (!done) return;
                size = *done;
                unpacked_[tail.digest] = {content_at, size};
                first = true;
            }
            finish_tail(tail, header_at, size);
            journal_->add({Journal::Kind::unpacked, static_cast<std::uint32_t>(i), size, 0});
            if (first) release(home);
        }
    }

    // Its bytes are in the archive.
    void release(Home &home) {
        observer_.state(home.number, BlobState::done, {});
        home.spool.reset();
        if (home.flow) home.flow->close();
        fetcher_.consumed(home.number);
    }

    // Layers that are stored as they come are not unpacked. That they are tars, and packed in a way that Docker reads,
    // is seen at their beginning.
    void look_into_places() {
        std::vector<const Layout::Place *> places;
        for (const Layout::Place &place : outline_.layout.places) places.push_back(&place);
        // As they are fetched.
        std::stable_sort(places.begin(), places.end(), [](auto *a, auto *b) { return a->size > b->size; });
        for (const Layout::Place *place : places) {
            const Home &home = homes_.at(place->digest);
            if (!fetcher_.wait_verified(home.number)) return;
            std::string head(std::min<std::uint64_t>(place->size, 6), '\0');
            head.resize(home.file->read_at(home.offset, head.data(), head.size()));
            // With the right type it is the packer's choice.
            const std::string &type = blobs_.at(place->digest).descriptor->media_type;
            if (packing_of(head) == Packing::zstd && type != zstd_type(type)) throw Mislabelled{place->digest};
            const Text what = say("the layer {}", place->digest);
            const auto inflater = Inflater::open(source_in(home, place->size), what);
            TarWatch watch(what);
            char block[tar_block];
            while (!watch.done()) {
                const std::size_t got = inflater->read(block, sizeof block);
                if (got == 0) break;
                watch.see({block, got});
            }
            watch.finish();
        }
    }

    void finish_tail(const Layout::Tail &tail, std::uint64_t header_at, std::uint64_t size) {
        const std::string header = header_of(tail, size);
        part_.file().write_at(header_at, header.data(), header.size());
        end_ = header_at + header.size() + size;
        if (const std::string padding(tar_padding(size), '\0'); !padding.empty()) {
            part_.file().write_at(end_, padding.data(), padding.size());
            end_ += padding.size();
        }
        sizes_[tail.digest] = size;
    }

    // A header is as long for one size as for another (tar.h).
    static std::string header_of(const Layout::Tail &tail, std::uint64_t size) {
        return tar_header(TarType::file, tail.entry.path, size, tail.entry.mode, tail.entry.mtime);
    }

    std::optional<std::uint64_t> unpack_file(const Layout::Tail &tail, const Home &home, std::uint64_t content_at) {
        observer_.state(home.number, BlobState::unpacking, {});
        return unpack(tail, source_in(home, blobs_.at(tail.digest).size), content_at);
    }

    // The bytes of a blob that is whole.
    Inflater::Source source_in(const Home &home, std::uint64_t size) const {
        return [this, &home, size, at = std::uint64_t(0)](void *data, std::size_t most) mutable {
            operation_.throw_if_cancelled();
            const std::size_t got =
                home.file->read_at(home.offset + at, data, std::min<std::uint64_t>(most, size - at));
            at += got;
            return got;
        };
    }

    // Unpacks what is just coming. It counts when all of it has the right digest; until then a complaint of the
    // inflater may be about bytes that come again. Nothing when the run ended before.
    std::optional<std::uint64_t> unpack_flow(const Layout::Tail &tail, const Home &home, std::uint64_t content_at) {
        while (true) {
            const std::uint64_t number = home.flow->begin();
            std::exception_ptr complaint;
            std::uint64_t size = 0;
            try {
                size = unpack(
                    tail, [&](void *data, std::size_t most) { return home.flow->read(data, most); }, content_at);
            } catch (const Flow::Restarted &) {
                continue;
            } catch (const Error &e) {
                if (e.kind() != Kind::integrity) throw;
                complaint = std::current_exception();
            }
            home.flow->skip();
            const bool verified = fetcher_.wait_verified(home.number, [&] { return home.flow->number() != number; });
            if (home.flow->number() != number) continue;
            if (!verified) return std::nullopt;
            if (complaint) std::rethrow_exception(complaint);
            observer_.state(home.number, BlobState::unpacking, {}); // all but what stands behind it has been
            return size;
        }
    }

    std::uint64_t unpack(const Layout::Tail &tail, const Inflater::Source &source, std::uint64_t content_at) {
        const Text what = say("the layer {}", tail.digest);
        const std::uint64_t packed = blobs_.at(tail.digest).size;
        const std::uint64_t ceiling = unpacked_ceiling(packed);
        const auto inflater = Inflater::open(source, what);
        Hasher hasher(tail.diff_id);
        std::uint64_t written = 0;
        // Inflating takes about as long as hashing and writing: each gets a thread.
        Pipe pipe(buffer_size, [&](const char *data, std::size_t got) {
            hasher.update(data, got);
            part_.file().write_at(content_at + written, data, got);
            written += got;
        });
        std::uint64_t size = 0;
        TarWatch watch(what);
        while (true) {
            std::vector<char> &buffer = pipe.take();
            const std::size_t got = inflater->read(buffer.data(), buffer.size());
            if (got == 0) break;
            if (for_docker_) watch.see({buffer.data(), got});
            pipe.give(got);
            size += got;
            if (size > ceiling)
                throw Error(
                    Kind::integrity,
                    say("{} unpacks to more than {} bytes from {}, as decompression bombs do", what, ceiling, packed),
                    say("do not use this image unless you know its publisher"));
        }
        pipe.finish();
        if (for_docker_) watch.finish();
        const std::string found = hasher.finish();
        if (found != tail.diff_id)
            throw Error(Kind::integrity,
                        say("{} unpacks to {}, while the image's config promises {}", what, found, tail.diff_id),
                        say("the image was damaged before it was pushed: tell its publisher"));
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
            throw Error(Kind::plugin,
                        say("the packer {} plans other entries when it is asked again", job_.packer->id()),
                        say("this is a fault of the plugin: report it to its author"));
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
    const bool for_docker_;
    const Descriptors blobs_;
    Scratch part_;
    std::map<std::string, Home> homes_;
    std::map<std::string, std::uint64_t> sizes_;                              // unpacked, by blob digest
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> unpacked_; // blob digest -> offset, size
    std::size_t tails_done_ = 0;
    std::uint64_t restored_ = 0;
    std::unique_ptr<Journal> journal_;
    std::uint64_t end_ = 0;
    Fetcher fetcher_;
};

} // namespace

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
