#include "support/operation.h"

namespace ferry::test {

Operation::Operation() {
    op_.struct_size = sizeof op_;
    op_.host_data = this;
    op_.cancelled = [](const ferry_op *op) noexcept -> std::int32_t { return of(op).cancelled_.load(); };
    op_.on_cancel = [](const ferry_op *op, void (*fn)(void *) noexcept, void *arg) noexcept {
        return of(op).add({fn, arg});
    };
    op_.off_cancel = [](const ferry_op *op, std::uint64_t token) noexcept { of(op).remove(token); };
    op_.progress = [](const ferry_op *, std::uint64_t, std::uint64_t) noexcept {};
    op_.log = [](const ferry_op *op, std::int32_t, ferry_str line) noexcept {
        Operation &self = of(op);
        const std::lock_guard lock(self.mutex_);
        self.log_.push_back(str(line));
    };
}

Operation::~Operation() {
    if (canceller_.joinable()) canceller_.join();
}

void Operation::cancel() {
    const std::lock_guard calling(calling_);
    cancelled_ = true;
    std::map<std::uint64_t, Callback> due;
    {
        const std::lock_guard lock(mutex_);
        due.swap(callbacks_);
    }
    for (const auto &[token, callback] : due) callback.fn(callback.arg);
}

void Operation::cancel_at_wait(int nth) {
    const std::lock_guard lock(mutex_);
    countdown_ = nth;
}

std::vector<std::string> Operation::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

std::uint64_t Operation::add(Callback callback) {
    std::uint64_t token = 0;
    {
        const std::lock_guard calling(calling_);
        const std::lock_guard lock(mutex_);
        token = next_++;
        if (!cancelled_) {
            callbacks_[token] = callback;
            if (countdown_ > 0 && --countdown_ == 0) canceller_ = std::thread([this] { cancel(); });
            return token;
        }
    }
    callback.fn(callback.arg);
    return token;
}

void Operation::remove(std::uint64_t token) {
    // Taken so that a callback that runs is over when this returns.
    const std::lock_guard calling(calling_);
    const std::lock_guard lock(mutex_);
    callbacks_.erase(token);
}

} // namespace ferry::test
