// The transport that slows the one below it down: so many bytes a second for all responses together.
#include "transport/pace.h"

#include <ferry/text.hpp>
#include <ferry/transport.hpp>

#include <condition_variable>
#include <mutex>

namespace {

using namespace ferry::throttle;
using ferry::say;

double rate_of(const ferry::Config &config) {
    const std::string text = config.get("limit_rate");
    if (text.empty())
        throw ferry::Error(FERRY_E_INVALID, say("the transport throttle needs a rate: --limit-rate 5M, for example"));
    const auto rate = parse_rate(text);
    if (!rate)
        throw ferry::Error(FERRY_E_INVALID,
                           say("--limit-rate takes bytes a second such as 500K, 5M or 1.5G, not '{}'", text));
    return *rate;
}

// The pace, and the waiting that it asks for. [any-thread]
class Line {
public:
    explicit Line(double rate) : pace_(rate) {}

    // Waits for a slice of at most `capacity` bytes; its size. Throws FERRY_E_CANCELLED.
    std::size_t await(const ferry::Op &op, std::size_t capacity) {
        std::unique_lock lock(mutex_);
        const std::size_t size = pace_.slice(capacity);
        const auto begin = pace_.book(Clock::now(), size);
        if (begin <= Clock::now()) return size;
        lock.unlock();
        // Before the mutex is held: the callback may run on the spot.
        const ferry::OnCancel wake(op, [this]() noexcept {
            { const std::lock_guard woken(mutex_); }
            over_.notify_all();
        });
        lock.lock();
        over_.wait_until(lock, begin, [&] { return op.cancelled(); });
        lock.unlock(); // before `wake` goes, which waits for a running callback
        op.throw_if_cancelled();
        return size;
    }
    void give_back(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        pace_.give_back(bytes);
    }

private:
    std::mutex mutex_;
    std::condition_variable over_;
    Pace pace_;
};

class Slowed final : public ferry::Response {
public:
    Slowed(Line &line, std::unique_ptr<ferry::Response> inner) : line_(line), inner_(std::move(inner)) {}

    int status() const noexcept override { return inner_->status(); }
    std::size_t header_count() const noexcept override { return inner_->header_count(); }
    ferry_header header_at(std::size_t index) const noexcept override { return inner_->header_at(index); }

    std::size_t read(const ferry::Op &op, void *buffer, std::size_t capacity) override {
        const std::size_t size = line_.await(op, capacity);
        std::size_t got = 0;
        try {
            got = inner_->read(op, buffer, size);
        } catch (...) {
            line_.give_back(size);
            throw;
        }
        if (got < size) line_.give_back(size - got);
        return got;
    }

private:
    Line &line_;
    std::unique_ptr<ferry::Response> inner_;
};

class Throttle final : public ferry::Transport {
public:
    Throttle(const ferry::Config &config, ferry_http next) : next_(next), line_(rate_of(config)) {
        if (!next_.table)
            throw ferry::Error(FERRY_E_INVALID, say("the transport throttle needs another one below it, for example "
                                                    "--transport throttle,direct"));
    }

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        return std::make_unique<Slowed>(line_, ferry::open(next_, op, request));
    }

private:
    ferry_http next_;
    Line line_;
};

constexpr ferry_transport_v1 table = ferry::transport<Throttle>();

constexpr ferry_option options[] = {
    {"limit_rate", nullptr, ferry::later("Bytes a second for all connections together: 500K, 5M, 1.5G.")},
    {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN("throttle", "1.0.0", "Limits the rate of the transport below it.", "ferry", options, FERRY_TRANSPORT_V1,
             table)
