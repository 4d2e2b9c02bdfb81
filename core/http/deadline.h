// Ends what takes too long: an operation within another one, that is cancelled when its time is over.
#pragma once

#include "core/plugin/services.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace ferry::core {

// One thread for all deadlines, begun with the first of them. [any-thread]
class Deadlines {
public:
    using Clock = std::chrono::steady_clock;

    Deadlines() = default;
    ~Deadlines();
    Deadlines(const Deadlines &) = delete;
    Deadlines &operator=(const Deadlines &) = delete;

private:
    friend class TimedOperation;
    using Entries = std::multimap<Clock::time_point, std::stop_source>;

    Entries::iterator add(Clock::time_point at, std::stop_source stop);
    void remove(Entries::iterator entry);
    void run(const std::stop_token &stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    Entries entries_;
    Clock::time_point wake_ = Clock::time_point::max(); // when the thread looks again
    bool sooner_ = false;                               // it has to look earlier than that
    std::jthread thread_;                               // last: it is joined before the rest goes
};

// `outer`, but cancelled at `at` as well. [one-thread]
class TimedOperation {
public:
    TimedOperation(Deadlines &deadlines, const Operation &outer, Deadlines::Clock::time_point at);
    ~TimedOperation();
    TimedOperation(const TimedOperation &) = delete;
    TimedOperation &operator=(const TimedOperation &) = delete;

    const Operation &operation() const noexcept { return inner_; }
    // Is its time over, while `outer` was not cancelled?
    bool over() const noexcept { return inner_.cancelled() && !outer_.cancelled(); }

private:
    Deadlines &deadlines_;
    const Operation &outer_;
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> link_;
    Operation inner_;
    Deadlines::Entries::iterator entry_;
};

} // namespace ferry::core
