#include "core/fetch/fetcher.h"

#include <algorithm>
#include <chrono>

namespace ferry::core {

namespace {

constexpr std::chrono::milliseconds tune_interval(200);

std::string short_digest(const std::string &digest) { return std::string(digest_hex(digest).substr(0, 12)); }

} // namespace

Fetcher::Fetcher(const FetchRules &rules, const Operation &operation, Observer &observer)
    : rules_(rules), outer_(operation), observer_(observer), operation_(stop_.get_token(), operation.log()),
      limit_(rules.workers ? rules.workers : 1), tuner_(rules.most_workers) {}

Fetcher::~Fetcher() = default;

std::size_t Fetcher::add(Order order) {
    auto task = std::make_unique<Task>();
    task->blob = std::make_unique<Blob>(std::move(order.descriptor), *order.file, order.base, rules_.chunk, std::move(order.on_chunk));
    task->repository = order.repository;
    task->on_restart = std::move(order.on_restart);
    task->spooled = order.spooled;
    task->verified = order.settled;
    if (!order.settled) ++open_;
    tasks_.push_back(std::move(task));
    return tasks_.size() - 1;
}

void Fetcher::fail(std::exception_ptr failure) {
    {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
    }
    stop_.request_stop();
    changed_.notify_all();
}

bool Fetcher::wait_verified(std::size_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tasks_[number]->verified || failure_ || stop_.stop_requested(); });
    return tasks_[number]->verified && !failure_;
}

void Fetcher::consumed(std::size_t number) {
    {
        const std::lock_guard lock(mutex_);
        if (tasks_[number]->spooled) spooled_ -= tasks_[number]->blob->descriptor().size;
    }
    changed_.notify_all();
}

void Fetcher::run() {
    const std::stop_callback link(outer_.stop(), [this] {
        stop_.request_stop();
        changed_.notify_all();
    });
    // Blobs that have no bytes, or all of them from an earlier run, have nobody to fetch them.
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        outer_.throw_if_cancelled();
        if (tasks_[i]->blob->fetched()) settle(i);
    }
    {
        const int workers = rules_.workers ? rules_.workers : rules_.most_workers;
        std::vector<std::jthread> threads;
        for (int i = 0; i < workers; ++i) threads.emplace_back([this] { work(); });
        if (!rules_.workers) tune();
    }
    rethrow();
}

void Fetcher::rethrow() {
    outer_.throw_if_cancelled();
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
}

void Fetcher::tune() {
    auto last = std::chrono::steady_clock::now();
    std::uint64_t before = received_;
    std::unique_lock lock(mutex_);
    while (open_ && !failure_ && !stop_.stop_requested()) {
        changed_.wait_for(lock, tune_interval, [&] { return !open_ || failure_ || stop_.stop_requested(); });
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - last).count();
        if (seconds < std::chrono::duration<double>(tune_interval).count()) continue;
        const std::uint64_t received = received_;
        const int limit = tuner_.sample(static_cast<double>(received - before) / seconds);
        before = received;
        last = now;
        if (limit != limit_) {
            limit_ = limit;
            changed_.notify_all();
        }
    }
}

std::optional<Fetcher::Job> Fetcher::find_job() {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        Task &task = *tasks_[i];
        if (task.verified) continue;
        if (task.spooled && !task.admitted) {
            const std::uint64_t size = task.blob->descriptor().size;
            // The first in line always fits: the one that waits for it could not go on otherwise.
            if (spooled_ && spooled_ + size > rules_.spool_limit) break;
            spooled_ += size;
            task.admitted = true;
        }
        if (auto claim = task.blob->claim()) return Job{i, std::move(claim), false};
    }
    std::size_t busiest = tasks_.size();
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const Task &task = *tasks_[i];
        if (task.verified || !task.ranges) continue;
        const std::uint64_t rest = task.blob->largest_rest();
        if (rest > most) {
            most = rest;
            busiest = i;
        }
    }
    if (busiest < tasks_.size())
        if (auto claim = tasks_[busiest]->blob->split(rules_.least_split)) return Job{busiest, std::move(claim), true};
    return std::nullopt;
}

std::optional<Fetcher::Job> Fetcher::next(std::unique_lock<std::mutex> &lock) {
    std::optional<Job> job;
    changed_.wait(lock, [&] {
        if (!open_ || failure_ || stop_.stop_requested()) return true;
        if (active_ >= limit_) return false;
        job = find_job();
        return job.has_value();
    });
    if (job) ++active_;
    return job;
}

void Fetcher::work() {
    std::vector<char> buffer(Blob::most_write);
    try {
        while (true) {
            std::optional<Job> job;
            {
                std::unique_lock lock(mutex_);
                job = next(lock);
                if (!job) return;
            }
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

void Fetcher::fetch(Job &job, std::vector<char> &buffer) {
    Task &task = *tasks_[job.number];
    int tried = 0;
    std::size_t endpoints_tried = 1;
    const std::size_t endpoints = task.repository->endpoint_count();
    observer_.state(job.number, BlobState::downloading, {});
    while (task.blob->wanted(job.claim)) {
        bool progressed = false;
        try {
            operation_.throw_if_cancelled();
            if (transfer(job, buffer, progressed)) break;
            continue; // the server sent less than was asked for, and all right so far
        } catch (const Error &e) {
            operation_.throw_if_cancelled();
            if (e.kind == Kind::disk || e.kind == Kind::other) throw;
            if (e.http_status == 416 || e.http_status == 206) {
                const std::lock_guard lock(mutex_);
                task.ranges = false;
            }
            if (e.http_status == 429 || e.http_status >= 500) {
                const std::lock_guard lock(mutex_);
                if (!rules_.workers) limit_ = tuner_.punish();
            }
            if (progressed) {
                tried = 0;
                endpoints_tried = 1;
            }
            // What this endpoint will never give, the next one may.
            if (!e.transient() && endpoints_tried >= endpoints) throw;
            const auto delay = retry_delay(rules_.retry, ++tried, e.retry_after_ms, random_chance());
            if (!delay && endpoints_tried >= endpoints) throw;
            bool switched = false;
            if (endpoints > 1) {
                const std::lock_guard lock(mutex_);
                task.endpoint = (task.endpoint + 1) % endpoints;
                ++endpoints_tried;
                switched = true;
            }
            const std::int64_t ms = switched || !delay ? 0 : *delay;
            operation_.log().warning("layer " + short_digest(task.blob->descriptor().digest) + ": " + e.message +
                                     (switched ? "; going on at " + task.repository->host(task.endpoint)
                                               : "; trying again in " + std::to_string(ms) + " ms"));
            observer_.state(job.number, BlobState::retrying, e.message);
            if (ms) operation_.wait(ms);
        }
    }
    task.blob->release(job.claim);
}

bool Fetcher::transfer(Job &job, std::vector<char> &buffer, bool &progressed) {
    Task &task = *tasks_[job.number];
    Blob &blob = *task.blob;
    std::size_t endpoint;
    bool ranges;
    {
        const std::lock_guard lock(mutex_);
        endpoint = task.endpoint;
        ranges = task.ranges;
    }
    const Blob::Segment range = blob.range(job.claim);
    const std::uint64_t begin = range.at;
    // Without ranges the whole is asked for, and what is here already passes by unused.
    BlobStream stream = task.repository->open_blob(operation_, blob.descriptor(), ranges ? begin : 0,
                                                   ranges ? range.end : blob.descriptor().size, endpoint);
    if (stream.begin != begin) {
        {
            const std::lock_guard lock(mutex_);
            task.ranges = false;
        }
        if (job.split) { // its neighbour's stream carries these bytes anyway
            stream.response.reset();
            blob.release(job.claim, true);
            return true;
        }
    }
    const std::string from = task.repository->host(endpoint);
    std::uint64_t skip = begin - stream.begin;
    std::uint64_t arrived = 0;
    while (const std::size_t wanted = blob.wanted(job.claim)) {
        std::size_t got = 0;
        try {
            got = stream.response->read(operation_.op(), buffer.data(), skip ? std::min<std::uint64_t>(buffer.size(), skip) : wanted);
        } catch (const ferry::Error &e) {
            operation_.throw_if_cancelled();
            throw Error::from(e);
        }
        if (got == 0) {
            if (arrived == 0 && skip == 0) {
                Error error(Kind::network, from + " sent nothing of the blob " + blob.descriptor().digest);
                error.status = FERRY_E_TRUNCATED;
                throw error;
            }
            if (skip) {
                Error error(Kind::network, from + " sent less of the blob " + blob.descriptor().digest + " than it has");
                error.status = FERRY_E_TRUNCATED;
                throw error;
            }
            return false;
        }
        received_ += got;
        if (skip) {
            skip -= got;
            continue;
        }
        blob.write(job.claim, buffer.data(), got);
        arrived += got;
        progressed = true;
        observer_.advance(job.number, static_cast<std::int64_t>(got));
    }
    return true;
}

void Fetcher::settle(std::size_t number) {
    Task &task = *tasks_[number];
    std::string complaint;
    std::uint64_t dropped = 0;
    {
        // Under the lock from the verdict to the restart: two threads may bring the last bytes of a blob at once.
        const std::lock_guard lock(mutex_);
        const Blob::Verdict verdict = task.verified ? Blob::Verdict::incomplete : task.blob->verdict();
        if (verdict == Blob::Verdict::incomplete) return;
        if (verdict == Blob::Verdict::good) {
            task.verified = true;
            --open_;
        } else {
            complaint = "the blob " + task.blob->descriptor().digest + " from " + task.repository->host(task.endpoint) +
                        " is not what its digest promises";
            if (++task.bad_digests > rules_.most_bad_digests)
                throw Error(Kind::integrity, complaint,
                            "the registry or a proxy on the way spoils data: try again, use another mirror, and check the disk");
            task.endpoint = (task.endpoint + 1) % task.repository->endpoint_count();
            dropped = task.blob->restart();
            if (task.on_restart) task.on_restart();
        }
    }
    changed_.notify_all();
    if (complaint.empty()) {
        observer_.state(number, BlobState::verified, {});
    } else {
        observer_.advance(number, -static_cast<std::int64_t>(dropped));
        observer_.state(number, BlobState::retrying, complaint);
        operation_.log().warning(complaint + "; fetching it again");
    }
}

} // namespace ferry::core
