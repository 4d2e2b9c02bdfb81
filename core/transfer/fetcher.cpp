#include "core/transfer/fetcher.h"

#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>

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

Fetcher::Fetcher(const FetchRules &rules, const Operation &operation, Observer &observer)
    : rules_(rules), outer_(operation), observer_(observer), operation_(stop_.get_token(), operation.log()),
      tuner_(rules.most_workers), limit_(rules.workers ? rules.workers : tuner_.limit()) {}

Fetcher::~Fetcher() = default;

std::size_t Fetcher::add(Order order) {
    auto task = std::make_unique<Task>();
    auto &endpoints = endpoints_[order.repository];
    if (endpoints.empty())
        for (std::size_t i = 0; i < order.repository->endpoint_count(); ++i)
            endpoints.push_back({order.repository->is_mirror(i), false, 0, 0, order.repository->is_silent(i)});
    Blob::OnChunk on_chunk;
    if (order.on_chunk || endpoints.size() > 1)
        on_chunk = [this, task = task.get(), keep = endpoints.size() > 1,
                    tell = std::move(order.on_chunk)](std::uint64_t chunk, std::uint32_t crc, std::size_t source) {
            if (tell) tell(chunk, crc);
            if (!keep) return;
            const std::lock_guard lock(mutex_);
            task->history[chunk] = {crc, source};
        };
    task->blob =
        std::make_unique<Blob>(std::move(order.descriptor), *order.file, order.base, rules_.chunk, std::move(on_chunk));
    task->repository = order.repository;
    task->on_restart = std::move(order.on_restart);
    task->on_verified = std::move(order.on_verified);
    task->spooled = order.spooled;
    task->in_order = order.in_order;
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

bool Fetcher::wait_verified(std::size_t number, const std::function<bool()> &enough) {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [&] { return tasks_[number]->verified || failure_ || stop_.stop_requested() || (enough && enough()); });
    return tasks_[number]->verified && !failure_;
}

void Fetcher::consumed(std::size_t number) {
    {
        const std::lock_guard lock(mutex_);
        Task &task = *tasks_[number];
        // What an earlier run had fetched whole was never admitted.
        if (task.admitted) spooled_ -= task.blob->descriptor().size;
        task.admitted = false;
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
    order_.resize(tasks_.size());
    std::iota(order_.begin(), order_.end(), 0);
    // The digest of a large blob takes long, and one thread at a time works on it.
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
        const auto rank = [](const Task &task) {
            return std::pair(!task.spooled, task.spooled ? 0 : ~task.blob->descriptor().size);
        };
        return rank(*tasks_[a]) < rank(*tasks_[b]);
    });
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
            say("{}; going on with {} connections at most", current_error().message, threads.size()));
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
    while (open_ && !failure_ && !stop_.stop_requested()) {
        changed_.wait_for(lock, tune_interval, [&] { return !open_ || failure_ || stop_.stop_requested(); });
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

std::optional<Fetcher::Job> Fetcher::find_job() {
    bool room = true;
    for (const std::size_t i : order_) {
        Task &task = *tasks_[i];
        if (task.verified) continue;
        if (task.spooled && !task.admitted) {
            const std::uint64_t size = task.blob->descriptor().size;
            // The first in line always fits: the one that waits for it could not go on otherwise.
            room = room && (spooled_ == 0 || spooled_ + size <= rules_.spool_limit);
            if (!room) continue;
            spooled_ += size;
            task.admitted = true;
        }
        const bool shared = task.shared && task.ranges;
        const std::uint64_t most = shared ? segment_size(*task.pace, rules_.segments) : no_segments;
        if (auto claim = task.blob->claim(most)) return Job{i, std::move(claim), shared};
    }
    std::size_t busiest = tasks_.size();
    double longest = 0; // seconds that one connection would still need
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const Task &task = *tasks_[i];
        if (task.verified || !task.ranges || task.in_order || !task.pace) continue;
        const double left = static_cast<double>(task.blob->largest_rest()) / std::max(task.pace->rate, 1.0);
        if (left > longest) {
            longest = left;
            busiest = i;
        }
    }
    if (busiest == tasks_.size()) return std::nullopt;
    Task &task = *tasks_[busiest];
    auto claim =
        task.blob->split(least_to_split(*task.pace, rules_.least_split), segment_size(*task.pace, rules_.segments));
    if (!claim) return std::nullopt;
    task.shared = true;
    return Job{busiest, std::move(claim), true};
}

std::optional<Fetcher::Job> Fetcher::next(std::unique_lock<std::mutex> &lock) {
    std::optional<Job> job;
    bool none = false;
    changed_.wait(lock, [&] {
        if (!open_ || failure_ || stop_.stop_requested()) return true;
        if (active_ >= limit_) return false;
        job = find_job();
        none = !job && stuck();
        return job || none;
    });
    if (job) ++active_;
    if (none) throw fault_of_ferry(say("{} blobs are not complete, and nothing is left to be done for them", open_));
    return job;
}

bool Fetcher::stuck() const {
    return active_ == 0 && std::none_of(tasks_.begin(), tasks_.end(),
                                        [](const auto &task) { return task->admitted && task->verified; });
}

void Fetcher::work() {
    std::vector<char> buffer;
    try {
        while (true) {
            std::optional<Job> job;
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

std::size_t Fetcher::take_endpoint(Task &task, std::vector<bool> &tried) {
    const std::lock_guard lock(mutex_);
    auto &endpoints = endpoints_[task.repository];
    std::optional<std::size_t> chosen = task.single;
    if (!chosen || endpoints[*chosen].dropped || tried[*chosen]) chosen = choose_endpoint(endpoints, tried);
    if (!chosen) { // another round
        tried.assign(tried.size(), false);
        chosen = choose_endpoint(endpoints, tried);
    }
    if (!chosen) // drop() leaves one
        throw Error(Kind::integrity, say("every endpoint of {} sent wrong bytes", task.repository->reference().str()),
                    say("try again later, or use another mirror with --mirror HOST"));
    ++endpoints[*chosen].active;
    return *chosen;
}

void Fetcher::fetch(Job &job, std::vector<char> &buffer) {
    Task &task = *tasks_[job.number];
    const std::size_t count = task.repository->endpoint_count();
    int rounds = 0; // in which every endpoint failed, since the last byte
    std::vector<bool> tried(count), hopeless(count);
    observer_.state(job.number, BlobState::downloading, {});
    while (task.blob->wanted(job.claim)) {
        operation_.throw_if_cancelled();
        const std::size_t endpoint = take_endpoint(task, tried);
        job.claim->source = endpoint;
        bool progressed = false, ended = false, passes = false;
        std::optional<Error> failure;
        try {
            ended = transfer(job, endpoint, buffer, progressed);
        } catch (const Error &e) {
            if (e.kind() == Kind::disk || operation_.cancelled()) throw;
            failure = e;
        }
        {
            const std::lock_guard lock(mutex_);
            EndpointRecord &record = endpoints_[task.repository][endpoint];
            --record.active;
            if (progressed) record.failures = 0;
            record.answered |= progressed;
            // A server that is gone comes back, and one that never was there does not.
            passes = failure && (failure->transient() || (record.answered && failure->status() == FERRY_E_NETWORK));
            if (failure) ++record.failures;
            if (failure && !progressed && unanswered(*failure)) {
                record.silent = true;
                task.repository->set_silent(endpoint);
            } else if (progressed) {
                record.silent = false;
            }
            if (failure && (failure->http_status == 416 || failure->http_status == 206)) task.ranges = false;
            if (failure && (failure->http_status == 429 || failure->http_status >= 500) && !rules_.workers)
                limit_ = tuner_.punish();
        }
        if (ended) break;
        if (progressed) {
            rounds = 0;
            tried.assign(count, false);
        }
        if (!failure) continue; // the server sent less than was asked for, and all right so far
        tried[endpoint] = true;
        if (!passes) hopeless[endpoint] = true;
        const std::string &digest = task.blob->descriptor().digest;
        if (std::find(hopeless.begin(), hopeless.end(), false) == hopeless.end()) throw about_layer(*failure, digest);
        std::int64_t delay = 0;
        bool another;
        {
            const std::lock_guard lock(mutex_);
            another = choose_endpoint(endpoints_[task.repository], tried).has_value();
        }
        if (!another) { // all have had their turn
            const auto next = retry_delay(rules_.retry, ++rounds, failure->retry_after_ms, random_chance());
            if (!next) throw about_layer(*failure, digest);
            delay = *next;
            tried = hopeless;
        }
        operation_.log().warning(
            another ? say("layer {}: {}; going on at another endpoint", short_digest(digest), failure->message)
                    : say("layer {}: {}; trying again in {} ms", short_digest(digest), failure->message, delay));
        observer_.state(job.number, BlobState::retrying, failure->message);
        if (delay) operation_.wait(delay);
    }
    task.blob->release(job.claim);
}

void Fetcher::note_pace(Task &task, const Pace &pace) {
    bool begins;
    {
        const std::lock_guard lock(mutex_);
        begins = !task.pace;
        task.pace = pace;
    }
    if (begins) changed_.notify_all(); // others may join in
}

bool Fetcher::transfer(Job &job, std::size_t endpoint, std::vector<char> &buffer, bool &progressed) {
    Task &task = *tasks_[job.number];
    Blob &blob = *task.blob;
    bool ranges;
    {
        const std::lock_guard lock(mutex_);
        ranges = task.ranges;
    }
    const Blob::Segment range = blob.range(job.claim);
    const std::uint64_t begin = range.at;
    PaceWatch watch(Clock::now());
    // Without ranges the whole is asked for, and what is here already passes by unused.
    BlobStream stream = task.repository->open_blob(operation_, blob.descriptor(), ranges ? begin : 0,
                                                   ranges ? range.end : blob.descriptor().size, endpoint);
    if (stream.begin != begin) {
        {
            const std::lock_guard lock(mutex_);
            task.ranges = false;
        }
        if (job.shared) { // its neighbour's stream carries these bytes anyway
            stream.response.reset();
            blob.release(job.claim, true);
            return true;
        }
    }
    const std::string from = task.repository->host(endpoint);
    std::uint64_t skip = begin - stream.begin;
    std::uint64_t arrived = 0;
    const auto opened = Clock::now();
    while (const std::size_t wanted = blob.wanted(job.claim)) {
        std::size_t got = 0;
        try {
            got = stream.response->read(operation_.op(), buffer.data(),
                                        skip ? std::min<std::uint64_t>(buffer.size(), skip) : wanted);
        } catch (const ferry::Error &e) {
            operation_.throw_if_cancelled();
            throw Error::from(e);
        }
        if (got == 0) {
            if (arrived == 0 && skip == 0) {
                throw Error(FERRY_E_TRUNCATED,
                            begin ? say("{} ends the blob {} after {} of the {} bytes that its manifest says", from,
                                        blob.descriptor().digest, begin, blob.descriptor().size)
                                  : say("{} sent nothing of the blob {}", from, blob.descriptor().digest));
            }
            if (skip) {
                throw Error(FERRY_E_TRUNCATED,
                            say("{} sent less of the blob {} than it has", from, blob.descriptor().digest));
            }
            return false;
        }
        received_ += got;
        if (const auto pace = watch.came(got, Clock::now())) note_pace(task, *pace);
        if (skip) {
            skip -= got;
            continue;
        }
        blob.write(job.claim, buffer.data(), got);
        arrived += got;
        progressed = is_progress(arrived, Clock::now() - opened, rules_.least_rate);
        observer_.advance(job.number, static_cast<std::int64_t>(got));
    }
    return true;
}

void Fetcher::settle(std::size_t number) {
    Task &task = *tasks_[number];
    Text complaint;
    std::vector<std::string> guilty;
    {
        // Under the lock from the verdict to the restart: two threads may bring the last bytes of a blob at once. What
        // becomes of it is told before anybody can see it, and go on from there, and tell that.
        const std::lock_guard lock(mutex_);
        if (!task.verified && task.blob->fetched()) observer_.state(number, BlobState::verifying, {});
        const Blob::Verdict verdict = task.verified ? Blob::Verdict::incomplete : task.blob->verdict();
        if (verdict == Blob::Verdict::incomplete) return;
        if (verdict == Blob::Verdict::good) {
            guilty = find_guilty(task);
            if (task.on_verified) task.on_verified();
            observer_.state(number, BlobState::verified, {});
            task.verified = true;
            --open_;
        } else {
            complaint = condemn(task);
            const std::uint64_t dropped = task.blob->restart();
            if (task.on_restart) task.on_restart();
            observer_.advance(number, -static_cast<std::int64_t>(dropped));
            observer_.state(number, BlobState::retrying, complaint);
        }
    }
    changed_.notify_all();
    for (const std::string &host : guilty)
        operation_.log().warning(
            say("{} sends wrong bytes of the blob {}; it is not asked again", host, task.blob->descriptor().digest));
    if (!complaint.empty()) operation_.log().warning(say("{}; fetching it again", complaint));
}

bool Fetcher::drop(Task &task, std::size_t endpoint) {
    auto &endpoints = endpoints_[task.repository];
    const auto left =
        std::count_if(endpoints.begin(), endpoints.end(), [](const EndpointRecord &e) { return !e.dropped; });
    if (endpoints[endpoint].dropped || left < 2) return false;
    endpoints[endpoint].dropped = true;
    return true;
}

Text Fetcher::condemn(Task &task) {
    const std::string &digest = task.blob->descriptor().digest;
    std::set<std::size_t> sources;
    for (const auto &[chunk, sent] : task.history) sources.insert(sent.source);
    const bool alone = sources.size() == 1 && *sources.begin() != Blob::unknown_source;
    const Text from = alone                                    ? task.repository->host(*sources.begin())
                      : endpoints_[task.repository].size() > 1 ? say("several mirrors")
                                                               : task.repository->host(0);
    const Text complaint = say("the blob {} from {} is not what its digest promises", digest, from);
    bool fewer = false;
    if (alone) fewer = drop(task, *sources.begin());
    if (!fewer && ++task.bad_digests > rules_.most_bad_digests)
        throw Error(
            Kind::integrity, complaint,
            say("the registry or a proxy on the way spoils data: try again, use another mirror, and check the disk"));
    if (!alone) task.suspects = std::move(task.history);
    task.history.clear();
    task.single = choose_endpoint(endpoints_[task.repository], {});
    return fewer ? say("{}; {} is not asked again", complaint, from) : complaint;
}

std::vector<std::string> Fetcher::find_guilty(Task &task) {
    std::vector<std::string> hosts;
    for (const auto &[chunk, sent] : task.suspects) {
        const auto right = task.history.find(chunk);
        if (right == task.history.end() || right->second.crc == sent.crc || sent.source == Blob::unknown_source)
            continue;
        if (drop(task, sent.source)) hosts.push_back(task.repository->host(sent.source));
    }
    task.suspects.clear();
    return hosts;
}

} // namespace ferry::core
