// A packed layer on its way from the network to the inflater, without a stop on the disk.
//
// For the fetcher it is a file that is written from the front to the end, and never read; for the unpacker it is a
// source. A writer waits while `capacity` bytes are unread. One writer at a time, one reader. It takes that memory from
// the first byte to close().
#pragma once

#include "core/os/file.h"

#include <ferry/text.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace ferry::core {

class Flow final : public File {
public:
    // Thrown by read(): what came so far was wrong, and the bytes come again from the first.
    struct Restarted {};

    // `name` is for messages; the bytes are `size` in all.
    Flow(Text name, std::uint64_t size, std::size_t capacity = 1 << 20);

    // The reader begins from the first byte. Returns the number of this try.
    std::uint64_t begin();
    // Up to `size` of the next bytes; 0 at the end of all. Throws Restarted, or Error(interrupted) after close().
    std::size_t read(void *data, std::size_t size);
    // Nobody reads the rest of this try.
    void skip();
    // Bytes come again from the first: the number of the try grows. [any-thread, without waiting]
    void restart();
    std::uint64_t number() const;
    // Nobody writes or reads any more: ends all waiting, for good. [any-thread]
    void close();

    const std::string &path() const noexcept override { return name_.english(); }
    void write_at(std::uint64_t offset, const void *data, std::size_t size) override;
    std::size_t read_at(std::uint64_t, void *, std::size_t) override { return 0; }
    std::uint64_t size() override { return size_; }
    void resize(std::uint64_t) override {}
    void sync() override {}
    bool lock() override { return true; }
    void copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) override;

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
