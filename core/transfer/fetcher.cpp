#include "core/transfer/fetcher.h"

#include "core/base/digest.h"
#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <chrono>

namespace ferry::core {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds tune_interval(200);

std::string short_digest(const std::string &digest) {
    return std::string(digest_hex(digest).substr(0, 12));
}

// Whoever reads the failure must learn which layer it was, whatever the registry's own words are.
Error about_layer(Error failure, const std::string &digest) {
    if (!failure.message.mentions(short_digest(digest)))
        failure.message = say("layer {}: {}", short_digest(digest), failure.message);
    return failure;
}

} // namespace

// What a download tells while it is under way, for the blob of that number.
class Fetcher::Listener final : public DownloadListener {
public:
    Listener(Fetcher &fetcher, std::size_t number) : fetcher_(fetcher), number_(number) {}

    void received(std::size_t bytes) override { fetcher_.received_ += bytes; }
    void stored(std::size_t bytes) override { fetcher_.observer_.advance(number_, static_cast<std::int64_t>(bytes)); }
    void paced(const Pace &pace) override {
        bool first;
        {
            const std::lock_guard lock(fetcher_.mutex_);
            first = fetcher_.schedule_.set_pace(number_, pace);
        }
        if (first) fetcher_.changed_.notify_all(); // others may join in
    }
    void range_ignored() override {
        const std::lock_guard lock(fetcher_.mutex_);
        fetcher_.schedule_.ignores_ranges(number_);
    }

private:
    Fetcher &fetcher_;
    const std::size_t number_;
};

Fetcher::Fetcher(const FetchRules &rules, const Operation &operation, Observer &observer)
    : rules_(rules), outer_(operation), observer_(observer), operation_(stop_.get_token(), operation.log()),
      schedule_(rules_), tuner_(rules.most_workers), limit_(rules.workers ? rules.workers : tuner_.limit()) {}

Fetcher::~Fetcher() = default;

std::size_t Fetcher::add(Order order) {
    auto known = endpoints_.find(order.source);
    if (known == endpoints_.end()) known = endpoints_.emplace(order.source, order.source->endpoints()).first;
    Task &task = *tasks_.emplace_back(std::make_unique<Task>(*order.source, known->second, rules_.most_bad_digests));
    task.blob = std::make_unique<Blob>(std::move(order.descriptor), *order.sink, rules_.chunk,
                                       chunk_listener(task, std::move(order.on_chunk)));
    task.on_restart = std::move(order.on_restart);
    task.on_verified = std::move(order.on_verified);
    return schedule_.add(*task.blob, order.spooled, order.settled);
}

Blob::OnChunk Fetcher::chunk_listener(Task &task, std::function<void(std::uint64_t, std::uint32_t)> tell) {
    const bool keep = task.blame.asks_who();
    if (!tell && !keep) return {};
    return [this, &task, keep, tell = std::move(tell)](std::uint64_t chunk, std::uint32_t crc, std::size_t endpoint) {
        if (tell) tell(chunk, crc);
        if (!keep) return;
        const std::lock_guard lock(mutex_);
        task.blame.sent(chunk, crc, endpoint == Blob::unknown_source ? std::nullopt : std::optional(endpoint));
    };
}

void Fetcher::fail(std::exception_ptr failure) {
    {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
    }
    stop_.request_stop();
    changed_.notify_all();
}

bool Fetcher::wait_verified(std::size_t number, const std::function<bool()> &enough) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
        return schedule_.is_verified(number) || failure_ || stop_.stop_requested() || (enough && enough());
    });
    return schedule_.is_verified(number) && !failure_;
}

void Fetcher::consumed(std::size_t number) {
    {
        const std::lock_guard lock(mutex_);
        schedule_.consumed(number);
    }
    changed_.notify_all();
}

void Fetcher::run() {
    const std::stop_callback link(outer_.stop(), [this] {
        stop_.request_stop();
        changed_.notify_all();
    });
    // Blobs that have no bytes, or all of them from an earlier run, have nobody to fetch them.
    try {
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            outer_.throw_if_cancelled();
            if (tasks_[i]->blob->fetched()) settle(i);
        }
    } catch (...) {
        fail(std::current_exception()); // somebody may wait for a blob
    }
    schedule_.begin();
    {
        std::vector<std::jthread> threads;
        start(threads);
        if (!rules_.workers) tune();
    }
    rethrow();
}

void Fetcher::start(std::vector<std::jthread> &threads) {
    const int workers = rules_.workers ? rules_.workers : rules_.most_workers;
    try {
        for (int i = 0; i < workers; ++i) threads.emplace_back([this] { work(); });
    } catch (...) {
        if (threads.empty()) return fail(std::current_exception());
        operation_.log().warning(
            say("{}; continuing with at most {} connections", current_error().message, threads.size()));
    }
}

void Fetcher::rethrow() {
    outer_.throw_if_cancelled();
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
}

void Fetcher::tune() {
    auto last = Clock::now();
    std::uint64_t before = received_;
    std::unique_lock lock(mutex_);
    const auto over = [&] { return !schedule_.open() || failure_ || stop_.stop_requested(); };
    while (!over()) {
        changed_.wait_for(lock, tune_interval, over);
        const auto now = Clock::now();
        if (now - last < tune_interval) continue;
        const std::uint64_t received = received_;
        const std::chrono::duration<double> seconds = now - last;
        const int limit = tuner_.sample(static_cast<double>(received - before) / seconds.count());
        before = received;
        last = now;
        if (limit != limit_) {
            limit_ = limit;
            changed_.notify_all();
        }
    }
}

std::optional<Schedule::Job> Fetcher::next(std::unique_lock<std::mutex> &lock) {
    std::optional<Schedule::Job> job;
    bool none = false;
    changed_.wait(lock, [&] {
        if (!schedule_.open() || failure_ || stop_.stop_requested()) return true;
        if (active_ >= limit_) return false;
        job = schedule_.next();
        none = !job && stuck();
        return job || none;
    });
    if (job) ++active_;
    if (none)
        throw fault_of_ferry(
            say("{} blobs are not complete, and nothing is left to be done for them", schedule_.open()));
    return job;
}

void Fetcher::work() {
    std::vector<char> buffer;
    try {
        while (true) {
            std::optional<Schedule::Job> job;
            {
                std::unique_lock lock(mutex_);
                job = next(lock);
                if (!job) return;
            }
            buffer.resize(Blob::most_write);
            fetch(*job, buffer);
            settle(job->number);
            {
                const std::lock_guard lock(mutex_);
                --active_;
            }
            changed_.notify_all();
        }
    } catch (...) {
        fail(std::current_exception());
    }
}

void Fetcher::fetch(const Schedule::Job &job, std::vector<char> &buffer) {
    Task &task = *tasks_[job.number];
    Rotation rotation(task.endpoints, rules_.retry);
    Listener listener(*this, job.number);
    observer_.state(job.number, BlobState::downloading, {});
    while (task.blob->wanted(job.claim)) {
        operation_.throw_if_cancelled();
        Download download{task.source, *task.blob, job.claim};
        download.shared = job.shared;
        download.least_rate = rules_.least_rate;
        {
            const std::lock_guard lock(mutex_);
            download.endpoint = take_endpoint(task, rotation);
            download.ranges = schedule_.has_ranges(job.number);
        }
        job.claim->source = download.endpoint;
        const Download::Result result = download.run(operation_, listener, buffer);
        const std::optional<Error> &failure = result.outcome.failure;
        Rotation::Turn turn;
        {
            const std::lock_guard lock(mutex_);
            turn = rotation.after(download.endpoint, result.outcome, random_chance());
            if (failure && (failure->http_status == 416 || failure->http_status == 206))
                schedule_.ignores_ranges(job.number);
            if (failure && (failure->http_status == 429 || failure->http_status >= 500) && !rules_.workers)
                limit_ = tuner_.punish();
        }
        if (result.ended) break;
        if (failure) take_turn(job, turn, *failure);
    }
    task.blob->release(job.claim);
}

std::size_t Fetcher::take_endpoint(Task &task, Rotation &rotation) {
    if (const auto endpoint = rotation.next(task.blame.single())) return *endpoint;
    // Endpoints::drop() leaves one.
    throw Error(Kind::integrity, say("every endpoint of {} sent wrong bytes", task.source.name()),
                say("try again later, or use another mirror with --mirror HOST"));
}

void Fetcher::take_turn(const Schedule::Job &job, const Rotation::Turn &turn, const Error &failure) {
    const std::string &digest = tasks_[job.number]->blob->descriptor().digest;
    if (turn.step == Rotation::Step::give_up) throw about_layer(failure, digest);
    operation_.log().warning(
        turn.step == Rotation::Step::another
            ? say("layer {}: {}; continuing at another endpoint", short_digest(digest), failure.message)
            : say("layer {}: {}; trying again in {} ms", short_digest(digest), failure.message, turn.delay_ms));
    observer_.state(job.number, BlobState::retrying, failure.message);
    if (turn.delay_ms) operation_.wait(turn.delay_ms);
}

void Fetcher::settle(std::size_t number) {
    Task &task = *tasks_[number];
    Text complaint;
    std::vector<std::size_t> guilty;
    {
        // Under the lock from the verdict to the restart: two threads may bring the last bytes of a blob at once. What
        // becomes of it is told before anybody can see it, act on it, and tell that.
        const std::lock_guard lock(mutex_);
        if (schedule_.is_verified(number)) return;
        if (task.blob->fetched()) observer_.state(number, BlobState::verifying, {});
        const Blob::Verdict verdict = task.blob->verdict();
        if (verdict == Blob::Verdict::incomplete) return;
        if (verdict == Blob::Verdict::good) {
            guilty = task.blame.right();
            if (task.on_verified) task.on_verified();
            observer_.state(number, BlobState::verified, {});
            schedule_.set_verified(number);
        } else {
            complaint = condemn(task);
            const std::uint64_t dropped = task.blob->restart();
            if (task.on_restart) task.on_restart();
            observer_.advance(number, -static_cast<std::int64_t>(dropped));
            observer_.state(number, BlobState::retrying, complaint);
        }
    }
    changed_.notify_all();
    for (const std::size_t endpoint : guilty)
        operation_.log().warning(say("{} sends wrong bytes of the blob {}; it is not asked again",
                                     task.endpoints.name(endpoint), task.blob->descriptor().digest));
    if (!complaint.empty()) operation_.log().warning(say("{}; fetching it again", complaint));
}

Text Fetcher::condemn(Task &task) {
    const Blame::Verdict verdict = task.blame.wrong();
    const Text from = verdict.endpoint            ? task.endpoints.name(*verdict.endpoint)
                      : task.endpoints.size() > 1 ? say("several mirrors")
                                                  : task.endpoints.name(0);
    const Text complaint =
        say("the blob {} from {} is not what its digest promises", task.blob->descriptor().digest, from);
    if (verdict.give_up)
        throw Error(
            Kind::integrity, complaint,
            say("the registry or a proxy on the way spoils data: try again, use another mirror, and check the disk"));
    return verdict.dropped ? say("{}; {} is not asked again", complaint, from) : complaint;
}

} // namespace ferry::core
