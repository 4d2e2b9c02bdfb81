// Hands filled buffers from one thread to another: so that inflating and hashing run at the same time.
#pragma once

#include <array>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ferry::core {

// A bounded queue of buffers with its own consumer thread. One producer.
class Pipe {
public:
    // `consume` is called on the other thread with each buffer, in order.
    Pipe(std::size_t buffer_size, std::function<void(const char *data, std::size_t size)> consume);
    ~Pipe();
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;

    // A buffer to fill. Throws what the consumer threw.
    std::vector<char> &take();
    // Hands over the buffer last taken; its first `size` bytes count.
    void give(std::size_t size);
    // Waits until everything is consumed. Throws what the consumer threw.
    void finish();

private:
    struct Slot {
        std::vector<char> bytes;
        std::size_t size = 0;
        bool full = false;
    };
    void run();

    std::function<void(const char *, std::size_t)> consume_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Slot, 4> slots_;
    std::size_t next_in_ = 0, next_out_ = 0;
    bool ended_ = false; // no more will be given
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace ferry::core
