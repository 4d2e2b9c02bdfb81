#include "core/base/operation.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <condition_variable>
#include <functional>

namespace ferry::core {

namespace {

const Operation &operation(const ferry_op *op) noexcept {
    return *static_cast<const Operation *>(op->host_data);
}

Level level_of(std::int32_t level) noexcept {
    if (level <= FERRY_LOG_DEBUG) return Level::debug;
    if (level == FERRY_LOG_INFO) return Level::info;
    return level == FERRY_LOG_WARNING ? Level::warning : Level::error;
}

} // namespace

struct Operation::Callback {
    Callback(const std::stop_token &stop, std::function<void()> fn) : registration(stop, std::move(fn)) {}
    std::stop_callback<std::function<void()>> registration;
};

Operation::Operation(std::stop_token stop, Log &log) : texts_(log.words()), stop_(std::move(stop)), log_(log) {
    op_.struct_size = sizeof op_;
    op_.host_data = this;
    op_.cancelled = [](const ferry_op *op) noexcept -> std::int32_t { return operation(op).cancelled() ? 1 : 0; };
    op_.on_cancel = [](const ferry_op *op, void (*fn)(void *) noexcept, void *arg) noexcept -> std::uint64_t {
        const Operation &self = operation(op);
        // Made outside the lock: an operation that is already cancelled calls fn from this constructor.
        auto made = std::make_unique<Callback>(self.stop_, [fn, arg] { fn(arg); });
        const std::lock_guard lock(self.mutex_);
        const std::uint64_t token = self.next_token_++;
        self.callbacks_.emplace(token, std::move(made));
        return token;
    };
    op_.off_cancel = [](const ferry_op *op, std::uint64_t token) noexcept {
        const Operation &self = operation(op);
        std::unique_ptr<Callback> ended;
        {
            const std::lock_guard lock(self.mutex_);
            if (const auto found = self.callbacks_.find(token); found != self.callbacks_.end()) {
                ended = std::move(found->second);
                self.callbacks_.erase(found);
            }
        }
        // Destroyed outside the lock: this waits for a callback that is running.
    };
    op_.progress = [](const ferry_op *, std::uint64_t, std::uint64_t) noexcept {};
    op_.log = [](const ferry_op *op, std::int32_t level, ferry_str line) noexcept {
        ferry::firewall(nullptr, [&] { operation(op).log_.write(level_of(level), ferry::view(line)); });
    };
    op_.texts = texts_.c();
}

Operation::~Operation() = default;

void Operation::throw_if_cancelled() const {
    if (cancelled()) throw Error(Kind::interrupted, say("interrupted"));
}

void Operation::wait(std::int64_t ms) const {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop_, std::chrono::milliseconds(ms), [] { return false; });
    throw_if_cancelled();
}

} // namespace ferry::core
