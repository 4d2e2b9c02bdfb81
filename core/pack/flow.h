// A packed layer on its way from the network to the inflater, without a stop on the disk.
//
// For the fetcher it is a sink that takes bytes in order; the unpacker reads them from the other side. A writer waits
// while `capacity` bytes are unread. One writer at a time, one reader. It takes that memory from the first byte to
// close().
#pragma once

#include "core/transfer/sink.h"

#include <ferry/text.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace ferry::core {

class Flow final : public Sink {
public:
    // Thrown by take(): what came so far was wrong, and the bytes come again from the first.
    struct Restarted {};

    // `name` is for messages; the bytes are `size` in all.
    Flow(Text name, std::uint64_t size, std::size_t capacity = 1 << 20);

    // The reader begins from the first byte. Returns the number of this try.
    std::uint64_t begin();
    // Up to `size` of the next bytes; 0 at the end of all. Throws Restarted, or Error(interrupted) after close().
    std::size_t take(void *data, std::size_t size);
    // Nobody reads the rest of this try.
    void skip();
    std::uint64_t number() const;
    // Nobody writes or reads any more: ends all waiting, for good. [any-thread]
    void close();

    const std::string &name() const noexcept override { return name_.english(); }
    bool in_order() const noexcept override { return true; }
    // Throws Error(interrupted) after close().
    void write(std::uint64_t offset, const void *data, std::size_t size) override;
    std::size_t read(std::uint64_t offset, void *data, std::size_t size) override;
    // The number of the try grows. [any-thread]
    void restart() override;

private:
    const Text name_;
    const std::uint64_t size_; // of the whole
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    const std::size_t capacity_;
    std::vector<char> ring_;               // empty before the first byte and after close()
    std::uint64_t written_ = 0, read_ = 0; // of this try
    std::uint64_t number_ = 0, reading_ = 0;
    bool skipping_ = false, closed_ = false;
};

} // namespace ferry::core
