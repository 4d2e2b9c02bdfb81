#include "core/http/deadline.h"

#include <vector>

namespace ferry::core {

Deadlines::~Deadlines() {
    thread_.request_stop(); // wakes the wait, which knows the token
}

Deadlines::Entries::iterator Deadlines::add(Clock::time_point at, std::stop_source stop) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.emplace(at, std::move(stop));
    if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token &token) { run(token); });
    if (at < wake_) {
        sooner_ = true;
        changed_.notify_all();
    }
    return entry;
}

void Deadlines::remove(Entries::iterator entry) {
    const std::lock_guard lock(mutex_);
    entries_.erase(entry);
}

void Deadlines::run(const std::stop_token &stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto now = Clock::now();
        wake_ = Clock::time_point::max();
        std::vector<std::stop_source> due;
        for (const auto &[at, source] : entries_) {
            if (source.stop_requested()) continue; // it stays until its operation ends
            if (at > now) {
                wake_ = at;
                break;
            }
            due.push_back(source);
        }
        sooner_ = false;
        if (!due.empty()) { // outside the lock: what it wakes may end its operation at once
            lock.unlock();
            for (std::stop_source &source : due) source.request_stop();
            lock.lock();
        } else if (wake_ == Clock::time_point::max()) {
            changed_.wait(lock, stop, [this] { return sooner_; });
        } else {
            changed_.wait_until(lock, stop, wake_, [this] { return sooner_; });
        }
    }
}

TimedOperation::TimedOperation(Deadlines &deadlines, const Operation &outer, Deadlines::Clock::time_point at)
    : deadlines_(deadlines), outer_(outer), link_(outer.stop(), [this] { stop_.request_stop(); }),
      inner_(stop_.get_token(), outer.log()), entry_(deadlines.add(at, stop_)) {
    inner_.behalf = outer.behalf;
}

TimedOperation::~TimedOperation() {
    deadlines_.remove(entry_);
}

} // namespace ferry::core
