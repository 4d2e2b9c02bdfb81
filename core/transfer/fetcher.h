// Fetches many blobs over some connections: the scheduler.
//
// Workers take whole blobs first: those that are to be unpacked in their order, then the others, the largest first.
// Then they take segments of what others are still fetching. A broken transfer goes on at its last byte, on the next
// endpoint where there is one. The first failure that cannot be mended ends the run.
#pragma once

#include "core/registry/repository.h"
#include "core/transfer/blob.h"
#include "core/transfer/choice.h"
#include "core/transfer/events.h"
#include "core/transfer/segment.h"
#include "core/transfer/tuner.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <optional>
#include <thread>

namespace ferry::core {

struct FetchRules {
    int workers = 0; // 0: as many as pay, up to most_workers
    int most_workers = 8;
    RetryRules retry;
    std::uint64_t least_split = 8 << 20; // a rest of that size is always halved; see least_to_split()
    SegmentRules segments;               // of a blob that several connections share
    // Bytes of layers that wait to be unpacked. 0: none wait; each is unpacked while it comes, one at a time.
    std::uint64_t spool_limit = std::uint64_t(2) << 30;
    std::uint64_t chunk = Blob::default_chunk; // what the journal accounts for (chunk_size)
    std::uint64_t least_rate = 0; // bytes a second: what a connection brings more slowly is no progress (is_progress)
    int most_bad_digests = 2;     // times a blob is fetched anew because its digest was wrong
};

class Fetcher {
public:
    Fetcher(const FetchRules &rules, const Operation &operation, Observer &observer);
    ~Fetcher();
    Fetcher(const Fetcher &) = delete;
    Fetcher &operator=(const Fetcher &) = delete;

    struct Order {
        Descriptor descriptor;
        Repository *repository = nullptr; // must outlive the fetcher
        File *file = nullptr;             // the same
        std::uint64_t base = 0;
        // It waits while others fill the spool, and counts until consumed() is told.
        bool spooled = false;
        // Its bytes are written from the first to the last, by one connection at a time.
        bool in_order = false;
        // Nothing is to be done: its bytes have been used by an earlier run.
        bool settled = false;
        std::function<void(std::uint64_t chunk, std::uint32_t crc)> on_chunk = {};
        // All its bytes were found wrong and are fetched anew.
        std::function<void()> on_restart = {};
        // All its bytes are right: nobody writes or reads them here any more.
        std::function<void()> on_verified = {};
    };
    // Before run(). Returns its number.
    std::size_t add(Order order);
    // For restore(), before run().
    Blob &blob(std::size_t number) { return *tasks_[number]->blob; }

    // Blocks until every blob is there and verified. Throws the first failure, or Error(interrupted). Where the machine
    // allows fewer threads than it wants, it works with those that there are.
    void run();

    // Throws the failure that was reported since run() returned, if any.
    void rethrow();

    // Blocks until that blob is verified, or `enough`, which is asked after each on_restart; false when the run ended
    // before. [any-thread]
    bool wait_verified(std::size_t number, const std::function<bool()> &enough = {});
    // A spooled blob was unpacked and removed. Of others nothing is to be told. [any-thread]
    void consumed(std::size_t number);
    // Ends the run with that failure. [any-thread]
    void fail(std::exception_ptr failure);

private:
    struct Sent {
        std::uint32_t crc;
        std::size_t source;
    };
    using ChunkHistory = std::map<std::uint64_t, Sent>;
    struct Task {
        std::unique_ptr<Blob> blob;
        Repository *repository;
        std::function<void()> on_restart, on_verified;
        bool spooled;
        bool in_order;
        bool admitted = false; // its spool space is counted
        bool verified = false;
        bool ranges = true;  // the servers honour ranges
        bool shared = false; // several connections fetch it, by segments
        // Of a connection of late; before the first one is known, nobody else joins in.
        std::optional<Pace> pace;
        int bad_digests = 0;
        // Who sent which chunk, to find out who sent wrong bytes; only kept where there are several endpoints.
        ChunkHistory history;
        // The same of the try before, which was wrong as a whole.
        ChunkHistory suspects;
        // After a wrong digest, all bytes come from one endpoint, so that the guilty one shows.
        std::optional<std::size_t> single;
    };
    struct Job {
        std::size_t number = 0;
        Blob::Claim claim;
        bool shared = false; // if there are no ranges, others bring these bytes
    };

    void work();
    std::optional<Job> next(std::unique_lock<std::mutex> &lock);
    std::optional<Job> find_job();
    // Under the lock, where find_job() found none: can nobody change that, since no job is under way and no verified
    // blob waits for its reader to make room? What is open then would be waited for without end.
    bool stuck() const;
    void start(std::vector<std::jthread> &threads);
    void fetch(Job &job, std::vector<char> &buffer);
    // Reads one response into the claim. True when the claim ended.
    bool transfer(Job &job, std::size_t endpoint, std::vector<char> &buffer, bool &progressed);
    std::size_t take_endpoint(Task &task, std::vector<bool> &tried);
    void note_pace(Task &task, const Pace &pace);
    void settle(std::size_t number);
    // Under the lock, for a blob whose digest is wrong: prepares another try. Throws when there is none.
    Text condemn(Task &task);
    // Under the lock, for a blob that came right after it was wrong: who was it?
    std::vector<std::string> find_guilty(Task &task);
    bool drop(Task &task, std::size_t endpoint);
    void tune();

    FetchRules rules_;
    const Operation &outer_;
    Observer &observer_;
    std::stop_source stop_;
    Operation operation_; // stops with the outer one, and on failure
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::unique_ptr<Task>> tasks_;
    std::vector<std::size_t> order_; // in which they are begun
    std::map<Repository *, std::vector<EndpointRecord>> endpoints_;
    std::size_t open_ = 0; // not yet verified
    int active_ = 0;       // jobs under way
    Tuner tuner_;
    int limit_;
    std::uint64_t spooled_ = 0;
    std::atomic<std::uint64_t> received_{0};
    std::exception_ptr failure_;
};

} // namespace ferry::core
