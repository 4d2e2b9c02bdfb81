#include "core/os/flusher.h"

#include <algorithm>

namespace ferry::core {

Flusher::Flusher(Device device, std::chrono::milliseconds patience)
    : device_(std::move(device)), patience_(patience), thread_([this] { run(); }) {}

Flusher::~Flusher() {
    finish();
}

void Flusher::wrote(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t before = written_;
    written_ += bytes;
    if (before / begin_every != written_ / begin_every) changed_.notify_all();
}

int Flusher::finish() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    return failure_;
}

void Flusher::run() {
    std::uint64_t begun = 0, flushed = 0;
    bool quick = true;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return ended_ || written_ >= begun + begin_every; });
        if (ended_) return;
        begun = written_;
        // The first flush comes early: it shows how fast the device is.
        const bool flush = quick && (flushed == 0 || begun >= flushed + flush_every);
        lock.unlock();
        device_.begin();
        int failure = 0;
        if (flush) {
            const auto start = std::chrono::steady_clock::now();
            failure = device_.flush();
            quick = std::chrono::steady_clock::now() - start <= patience_;
            flushed = begun;
        }
        lock.lock();
        if (failure && !failure_) failure_ = failure;
    }
}

} // namespace ferry::core
