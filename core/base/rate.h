// Is a transfer too slow to be waited for? A pure policy over the time that was spent waiting for bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace ferry::core {

// The least that a connection must bring: `bytes_per_second` (0: anything will do) on average over each `window`.
struct RateRules {
    std::uint64_t bytes_per_second = 1024;
    std::chrono::milliseconds window{60'000};
};

// Do `bytes` that a connection brought within `elapsed` count as progress, so that a break after them is as good as the
// first one? Not where they dripped in: then a server could hold a transfer for ever. The first second is free.
inline bool is_progress(std::uint64_t bytes, std::chrono::nanoseconds elapsed, std::uint64_t bytes_per_second) {
    const double seconds = std::chrono::duration<double>(elapsed).count() - 1;
    return bytes > 0 && static_cast<double>(bytes) >= seconds * static_cast<double>(bytes_per_second);
}

class RateWatch {
public:
    using Duration = std::chrono::nanoseconds;
    explicit RateWatch(const RateRules &rules) : rules_(rules) {}

    // After `waited` of waiting `bytes` came. Returns how many bytes a second there were on average since the window
    // began, where that is over and they were too few.
    std::optional<std::uint64_t> came(std::uint64_t bytes, Duration waited) {
        bytes_ += bytes;
        waited_ += waited;
        if (!rules_.bytes_per_second || waited_ < rules_.window) return std::nullopt;
        const double seconds = std::chrono::duration<double>(waited_).count();
        const auto rate = static_cast<double>(bytes_) / seconds;
        if (rate < static_cast<double>(rules_.bytes_per_second)) return static_cast<std::uint64_t>(rate);
        bytes_ = 0;
        waited_ = Duration::zero();
        return std::nullopt;
    }

private:
    RateRules rules_;
    std::uint64_t bytes_ = 0;
    Duration waited_{};
};

} // namespace ferry::core
