// Brings a file to its device while it is still being written, so that the sync at its end finds little to do.
//
// Two things make that sync long: the pages that the kernel kept back, and what the device (or the host of a virtual
// one) holds in a cache of its own. The first is handed over every 16 MiB. The second is flushed every 64 MiB, as long
// as that is quick: an interrupted program cannot end before a flush under way has.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace ferry::core {

class Flusher {
public:
    struct Device {
        std::function<void()> begin; // makes the kernel write what it has, without waiting for it
        std::function<int()> flush;  // waits until all that was written is on the device; 0, or why it is not (errno)
    };
    // Both are called on a thread of its own, one at a time. A flush that takes longer than `patience` is the last.
    explicit Flusher(Device device, std::chrono::milliseconds patience = std::chrono::milliseconds(500));
    // Waits for what is under way.
    ~Flusher();
    Flusher(const Flusher &) = delete;
    Flusher &operator=(const Flusher &) = delete;

    static constexpr std::uint64_t begin_every = 16 << 20, flush_every = 64 << 20; // bytes

    // So many more bytes were written. [any-thread]
    void wrote(std::uint64_t bytes);
    // Ends it, and says why a flush failed: the kernel tells each loss once only, and may have told it here.
    int finish();

private:
    void run();

    const Device device_;
    const std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t written_ = 0;
    bool ended_ = false;
    int failure_ = 0;
    std::thread thread_;
};

} // namespace ferry::core
