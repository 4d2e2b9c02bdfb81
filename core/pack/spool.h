// The file of a packed layer that waits to be unpacked: open only while somebody works on it, so that an image of many
// layers does not need a descriptor for each.
#pragma once

#include "core/os/disk.h"
#include "core/transfer/sink.h"

#include <memory>
#include <mutex>
#include <string>

namespace ferry::core {

// Opens itself with the first byte that is read or written, and again after close(). Removed with its owner unless
// kept. [any-thread]
class Spool final : public Sink {
public:
    // `disk` must outlive it. Nothing is opened yet; what an earlier run left under that name is still there.
    Spool(Disk &disk, std::string path);
    ~Spool() override;
    Spool(const Spool &) = delete;
    Spool &operator=(const Spool &) = delete;

    // Gives the descriptor back, when those who are reading or writing are done.
    void close();
    // It outlives its owner.
    void keep() noexcept { kept_ = true; }

    const std::string &name() const noexcept override { return path_; }
    bool in_order() const noexcept override { return false; }
    void write(std::uint64_t offset, const void *data, std::size_t size) override;
    std::size_t read(std::uint64_t offset, void *data, std::size_t size) override;
    void restart() override {} // the same bytes are written over

private:
    std::shared_ptr<File> open();

    Disk &disk_;
    const std::string path_;
    std::mutex mutex_;
    std::shared_ptr<File> file_;
    bool kept_ = false;
};

} // namespace ferry::core
