#include "core/pack/writer.h"

#include "core/base/fault.h"
#include "core/pack/loadable.h"
#include "core/pack/part.h"
#include "core/pack/restore.h"
#include "core/pack/unpacker.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <set>
#include <thread>

namespace ferry::core {

namespace {

class Writer {
public:
    Writer(const ArchiveJob &job, const ArchiveOutline &outline, Disk &disk, const Operation &operation,
           Observer &observer)
        : job_(job), outline_(outline), disk_(disk), operation_(operation), observer_(observer), blobs_(job.images),
          part_(disk, part_of(job.path)) {}

    std::uint64_t run() {
        try {
            const std::uint64_t size = make();
            forget_journal();
            return size;
        } catch (const Mislabelled &) {
            forget_journal();
            throw;
        } catch (const Busy &busy) {
            if (journal_) throw settled(busy); // of a spool; the archive is ours
            settled(busy);
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
        // Where somebody took the part away, there is nothing to resume from either.
        if ((!resumable(failure.kind()) && !lacks_resources(failure)) || !disk_.named(part_.file())) {
            forget_journal();
            return failure;
        }
        part_.keep();
        if (assembly_)
            for (auto &[digest, destination] : assembly_->destinations)
                if (destination.spool) destination.spool->keep();
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
        assembly_.reset(new Assembly{job_, outline_, blobs_, operation_, observer_, part_.file(), *journal_});
        for (const Layout::Piece &piece : outline_.layout.pieces)
            part_.file().write_at(piece.offset, piece.bytes.data(), piece.bytes.size());
        part_.file().write_back_early();
        Restore restore(*assembly_);
        restore.tails();
        order_blobs(restore);
        restore.chunks();
        fetch_and_unpack();
        copy_repeats();
        if (outline_.layout.has_late) write_late();
        const std::uint64_t size = assembly_->tail.end() + tar_end_size;
        part_.file().resize(assembly_->tail.end()); // whatever lay behind is not part of the archive
        part_.file().resize(size);
        operation_.throw_if_cancelled();
        if (job_.deliver)
            job_.deliver(part_.file(), size);
        else
            part_.publish(job_.path);
        return size;
    }

    void begin_journal() {
        journal_ = open_journal(disk_, job_.path, identity_of(job_, outline_), job_.force);
        if (journal_->resumed()) return;
        // Whatever lies here is of another plan.
        part_.file().resize(0);
        remove_spools(disk_, job_.path);
    }

    // --- where the blobs go ---

    void order_blobs(Restore &restore) {
        const std::set<std::string> wanted = wanted_blobs();
        for (std::size_t number = 0; number < outline_.blobs.size(); ++number) {
            const std::string &digest = outline_.blobs[number].digest;
            Destination &destination = assembly_->destinations[digest];
            destination.used = !wanted.count(digest);
            choose(digest, destination);
            destination.number = assembly_->fetcher.add(order_of(number, destination));
            if (destination.used) restore.used(number);
        }
    }

    // Those that some entry still waits for.
    std::set<std::string> wanted_blobs() const {
        std::set<std::string> wanted;
        for (const Layout::Place &place : outline_.layout.places) wanted.insert(place.digest);
        const auto &tails = outline_.layout.tails;
        for (std::size_t i = assembly_->tail.done(); i < tails.size(); ++i)
            if (!assembly_->tail.find(tails[i].digest)) wanted.insert(tails[i].digest);
        return wanted;
    }

    void choose(const std::string &digest, Destination &destination) {
        const auto &places = outline_.layout.places;
        const auto place =
            std::find_if(places.begin(), places.end(), [&](const Layout::Place &p) { return p.digest == digest; });
        if (place != places.end() || destination.used) {
            const std::uint64_t offset = place == places.end() ? 0 : place->offset;
            destination.place = std::make_unique<FileSink>(part_.file(), offset);
            if (destination.used) remove_spool(disk_, job_.path, digest);
        } else if (job_.rules.spool_limit == 0) {
            destination.flow = std::make_unique<Flow>(say("layer {}", digest), blobs_.at(digest).size);
            remove_spool(disk_, job_.path, digest); // of a run that had one
        } else {
            destination.spool = std::make_unique<Spool>(disk_, spool_of(job_.path, digest));
        }
    }

    Fetcher::Order order_of(std::size_t index, const Destination &destination) {
        const Descriptors::Blob &blob = blobs_.at(outline_.blobs[index].digest);
        const auto number = static_cast<std::uint32_t>(index); // in the journal
        Fetcher::Order order{*blob.descriptor, job_.sources[blob.image].get(), &destination.sink()};
        order.spooled = !destination.place;
        order.settled = destination.used;
        if (!destination.flow) {
            order.on_chunk = [this, number](std::uint64_t chunk, std::uint32_t crc) {
                journal_->add({Journal::Kind::chunk, number, chunk, crc});
            };
            order.on_restart = [this, number] { journal_->add({Journal::Kind::dropped, number, 0, 0}); };
        }
        if (Spool *spool = destination.spool.get()) order.on_verified = [spool] { spool->close(); };
        return order;
    }

    // --- what is done with them ---

    void fetch_and_unpack() {
        Unpacker unpacker(*assembly_);
        std::jthread thread;
        if (unpacker.needed())
            thread = std::jthread([&] {
                try {
                    unpacker.run();
                } catch (...) {
                    assembly_->fetcher.fail(std::current_exception());
                    unpacker.close_flows();
                }
            });
        try {
            assembly_->fetcher.run();
            if (thread.joinable()) thread.join();
            assembly_->fetcher.rethrow();
        } catch (...) {
            unpacker.close_flows();
            throw;
        }
    }

    // A blob that stands in the archive more than once was fetched once.
    void copy_repeats() {
        std::set<std::string> seen;
        for (const Layout::Place &place : outline_.layout.places)
            if (!seen.insert(place.digest).second)
                part_.file().copy_from(part_.file(), assembly_->destinations.at(place.digest).place->base(),
                                       place.offset, place.size);
    }

    void write_late() {
        const Plan second = job_.packer->plan(operation_, job_.images, assembly_->tail.sizes());
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
        for (const PlanEntry &entry : second.entries)
            if (entry.late) assembly_->tail.append(inline_member(entry));
    }

    const ArchiveJob &job_;
    const ArchiveOutline &outline_;
    Disk &disk_;
    const Operation &operation_;
    Observer &observer_;
    const Descriptors blobs_;
    Scratch part_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Assembly> assembly_;
};

} // namespace

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
