// Notices that a download is slow, and says once what would make it faster.
#pragma once

#include "cli/show/display.h"

#include <chrono>
#include <mutex>

namespace ferry::cli {

// What to say of so many bytes in so many seconds over `workers` connections (0: as many as pay); empty while the rate
// is as usual or cannot be told yet. `mirrors`: some are in use. Pure.
std::string speed_advice(double seconds, std::uint64_t bytes, int workers, bool mirrors);

// Hands everything to the display, and the advice as a warning. [any-thread]
class SpeedAdvisor final : public core::Observer {
public:
    SpeedAdvisor(Display &display, int workers, bool mirrors)
        : display_(display), workers_(workers), mirrors_(mirrors) {}

    void resolving(const std::string &image) override { display_.resolving(image); }
    void begin(const std::string &archive, const std::vector<core::BlobInfo> &blobs) override;
    void resumed(std::uint64_t bytes) override;
    void state(std::size_t blob, core::BlobState state, const Text &reason) override {
        display_.state(blob, state, reason);
    }
    void advance(std::size_t blob, std::int64_t bytes) override;
    void end() override { display_.end(); }

private:
    Display &display_;
    const int workers_;
    const bool mirrors_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point started_;
    std::uint64_t bytes_ = 0;
    bool told_ = false; // once in a run is enough
};

} // namespace ferry::cli
