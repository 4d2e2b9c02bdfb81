// A ferry_op as a host hands it out: cancellable, with its log kept.
#pragma once

#include <ferry/ferry.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ferry::test {

class Operation {
public:
    Operation();
    ~Operation();
    Operation(const Operation &) = delete;
    Operation &operator=(const Operation &) = delete;

    const ferry_op *c() const noexcept { return &op_; }
    operator Op() const noexcept { return Op(&op_); }

    void cancel();
    // Cancels, on a thread of its own, as soon as somebody waits for the `nth` time from now, which a waiter announces
    // by on_cancel. That makes "cancel while it is blocked" a matter of order and not of time.
    void cancel_at_wait(int nth = 1);
    std::vector<std::string> log() const;

private:
    struct Callback {
        void (*fn)(void *) noexcept;
        void *arg;
    };
    static Operation &of(const ferry_op *op) { return *static_cast<Operation *>(op->host_data); }
    std::uint64_t add(Callback callback);
    void remove(std::uint64_t token);

    ferry_op op_{};
    std::atomic<bool> cancelled_{false};
    mutable std::mutex mutex_;
    std::mutex calling_; // held while callbacks run, so that remove() can wait for them
    std::map<std::uint64_t, Callback> callbacks_;
    std::uint64_t next_ = 1;
    int countdown_ = 0;
    std::thread canceller_;
    std::vector<std::string> log_;
};

} // namespace ferry::test
