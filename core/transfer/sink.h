// Where the bytes of one blob go: a place in a file, or a flow through memory to whoever takes them in order (an
// unpacker, an upload). Offsets are bytes from the beginning of the blob, and none is beyond its size.
#pragma once

#include "core/os/file.h"

#include <cstdint>
#include <string>

namespace ferry::core {

class Sink {
public:
    virtual ~Sink() = default;

    // For messages: the file, or what the bytes are for.
    virtual const std::string &name() const noexcept = 0;
    // Are the bytes wanted from the first to the last, by one thread at a time? Then they are never read back, so that
    // nothing has to be kept. Else they come in any order from several threads, each on its own bytes.
    virtual bool in_order() const noexcept = 0;
    // Takes all of the bytes, straight from the caller's buffer. May wait: a slow taker holds the network up. Throws
    // Error, which ends the run.
    virtual void write(std::uint64_t offset, const void *data, std::size_t size) = 0;
    // Gives back what was written, fewer bytes only where no more are there. Not called where they go in order. Throws
    // Error.
    virtual std::size_t read(std::uint64_t offset, void *data, std::size_t size) = 0;
    // All bytes so far are void, since their digest was wrong: they come again from the first. No write is under way.
    // Must not wait.
    virtual void restart() = 0;
};

// A place in a file, which must outlive it. [any-thread]
class FileSink final : public Sink {
public:
    // The blob's first byte goes to `base`.
    FileSink(File &file, std::uint64_t base) : file_(file), base_(base) {}

    std::uint64_t base() const noexcept { return base_; }

    const std::string &name() const noexcept override { return file_.path(); }
    bool in_order() const noexcept override { return false; }
    void write(std::uint64_t offset, const void *data, std::size_t size) override {
        file_.write_at(base_ + offset, data, size);
    }
    std::size_t read(std::uint64_t offset, void *data, std::size_t size) override {
        return file_.read_at(base_ + offset, data, size);
    }
    void restart() override {} // the same bytes are written over

private:
    File &file_;
    const std::uint64_t base_;
};

} // namespace ferry::core
