#include "core/pack/pipe.h"

namespace ferry::core {

Pipe::Pipe(std::size_t buffer_size, std::function<void(const char *, std::size_t)> consume)
    : consume_(std::move(consume)) {
    for (Slot &slot : slots_) slot.bytes.resize(buffer_size);
    thread_ = std::thread([this] { run(); });
}

Pipe::~Pipe() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::vector<char> &Pipe::take() {
    std::unique_lock lock(mutex_);
    Slot &slot = slots_[next_in_ % slots_.size()];
    changed_.wait(lock, [&] { return !slot.full || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    return slot.bytes;
}

void Pipe::give(std::size_t size) {
    {
        const std::lock_guard lock(mutex_);
        Slot &slot = slots_[next_in_++ % slots_.size()];
        slot.size = size;
        slot.full = true;
    }
    changed_.notify_all();
}

void Pipe::finish() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

void Pipe::run() {
    while (true) {
        Slot *slot = nullptr;
        {
            std::unique_lock lock(mutex_);
            slot = &slots_[next_out_ % slots_.size()];
            changed_.wait(lock, [&] { return slot->full || ended_; });
            if (!slot->full) return;
        }
        try {
            consume_(slot->bytes.data(), slot->size);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
            changed_.notify_all();
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            slot->full = false;
            ++next_out_;
        }
        changed_.notify_all();
    }
}

} // namespace ferry::core
