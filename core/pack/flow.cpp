#include "core/pack/flow.h"

#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cstring>

namespace ferry::core {

Flow::Flow(Text name, std::uint64_t size, std::size_t capacity)
    : name_(std::move(name)), size_(size), capacity_(capacity) {}

std::uint64_t Flow::begin() {
    const std::lock_guard lock(mutex_);
    reading_ = number_;
    return reading_;
}

std::size_t Flow::take(void *data, std::size_t size) {
    std::size_t done = 0;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closed_ || number_ != reading_ || written_ > read_ || read_ == size_; });
        if (closed_) throw Error(Kind::interrupted, say("the transfer of the {} ended", name_));
        if (number_ != reading_) throw Restarted();
        const std::size_t begin = read_ % capacity_;
        done = std::min({std::uint64_t(size), written_ - read_, std::uint64_t(capacity_ - begin)});
        if (done) std::memcpy(data, ring_.data() + begin, done);
        read_ += done;
    }
    changed_.notify_all();
    return done;
}

void Flow::skip() {
    {
        const std::lock_guard lock(mutex_);
        skipping_ = number_ == reading_;
    }
    changed_.notify_all();
}

void Flow::restart() {
    {
        const std::lock_guard lock(mutex_);
        ++number_;
        written_ = read_ = 0;
        skipping_ = false;
    }
    changed_.notify_all();
}

std::uint64_t Flow::number() const {
    const std::lock_guard lock(mutex_);
    return number_;
}

void Flow::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        ring_ = {};
    }
    changed_.notify_all();
}

void Flow::write(std::uint64_t offset, const void *data, std::size_t size) {
    const char *bytes = static_cast<const char *>(data);
    while (size) {
        std::size_t done = 0;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return closed_ || skipping_ || written_ - read_ < capacity_; });
            if (closed_) throw Error(Kind::interrupted, say("the transfer of the {} ended", name_));
            if (skipping_) return;
            if (offset != written_) throw fault_of_ferry(say("the {} does not come in order", name_));
            ring_.resize(capacity_);
            const std::size_t begin = written_ % capacity_;
            done = std::min({size, std::size_t(capacity_ - (written_ - read_)), capacity_ - begin});
            std::memcpy(ring_.data() + begin, bytes, done);
            written_ += done;
        }
        changed_.notify_all();
        bytes += done;
        offset += done;
        size -= done;
    }
}

std::size_t Flow::read(std::uint64_t, void *, std::size_t) {
    throw fault_of_ferry(say("the {} is not kept to be read again", name_));
}

} // namespace ferry::core
