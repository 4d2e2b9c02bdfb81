// Fetches many blobs over some connections: from their sources into their sinks, each verified.
//
// Workers take jobs from the schedule. A broken transfer resumes at its last byte, on the next endpoint where there is
// one (Rotation). A blob whose digest is wrong is fetched anew (Blame). The first failure that cannot be mended ends
// the run.
#pragma once

#include "core/transfer/blame.h"
#include "core/transfer/download.h"
#include "core/transfer/events.h"
#include "core/transfer/rotation.h"
#include "core/transfer/rules.h"
#include "core/transfer/schedule.h"
#include "core/transfer/tuner.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace ferry::core {

class Fetcher {
public:
    Fetcher(const FetchRules &rules, const Operation &operation, Observer &observer);
    ~Fetcher();
    Fetcher(const Fetcher &) = delete;
    Fetcher &operator=(const Fetcher &) = delete;

    struct Order {
        Descriptor descriptor;
        Source *source = nullptr; // must outlive the fetcher
        Sink *sink = nullptr;     // the same
        // It waits while others fill the spool, and counts until consumed() is told.
        bool spooled = false;
        // Nothing is to be done: its bytes have been used by an earlier run.
        bool settled = false;
        std::function<void(std::uint64_t chunk, std::uint32_t crc)> on_chunk = {};
        // All its bytes were found wrong and are fetched anew; its sink knows.
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
    struct Task {
        Task(Source &from, Endpoints &whence, int most_bad)
            : source(from), endpoints(whence), blame(whence, most_bad) {}

        Source &source;
        Endpoints &endpoints;
        Blame blame;
        std::unique_ptr<Blob> blob;
        std::function<void()> on_restart, on_verified;
    };
    class Listener;

    Blob::OnChunk chunk_listener(Task &task, std::function<void(std::uint64_t, std::uint32_t)> tell);
    void start(std::vector<std::jthread> &threads);
    void work();
    std::optional<Schedule::Job> next(std::unique_lock<std::mutex> &lock);
    // Under the lock, where the schedule has no job: can nobody change that, since no job is under way and no verified
    // blob waits for its reader to make room? What is open then would be waited for without end.
    bool stuck() const { return active_ == 0 && !schedule_.has_reader(); }
    // One job, until nothing is left of its claim.
    void fetch(const Schedule::Job &job, std::vector<char> &buffer);
    std::size_t take_endpoint(Task &task, Rotation &rotation);
    // Waits as the rotation says. Throws the failure where it is the last one.
    void take_turn(const Schedule::Job &job, const Rotation::Turn &turn, const Error &failure);
    // Judges a blob whose bytes may all be there.
    void settle(std::size_t number);
    // Under the lock, for a blob whose digest is wrong: prepares another try and says so. Throws when there is none.
    Text condemn(Task &task);
    void tune();

    FetchRules rules_;
    const Operation &outer_;
    Observer &observer_;
    std::stop_source stop_;
    Operation operation_; // stops with the outer one, and on failure
    std::mutex mutex_;    // of all below but the blobs
    std::condition_variable_any changed_;
    std::vector<std::unique_ptr<Task>> tasks_;
    std::map<Source *, Endpoints> endpoints_;
    Schedule schedule_;
    int active_ = 0; // jobs under way
    Tuner tuner_;
    int limit_;
    std::atomic<std::uint64_t> received_{0};
    std::exception_ptr failure_;
};

} // namespace ferry::core
