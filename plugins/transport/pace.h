// How fast bytes may flow, shared by any number of readers.
//
// Time on the line is booked in the order of asking, in slices: whoever has had one stands behind all others that wait,
// so that n readers get an n-th each. Pure but for its own state: the caller brings the clock and does the waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry::throttle {

using Clock = std::chrono::steady_clock;

// Bytes a second from "500K", "5M", "1.5G", "5MB/s" or a plain number; K, M and G are powers of 1024, as in curl.
// nullopt: it is no rate of at least 1.
std::optional<double> parse_rate(std::string_view text);

class Pace {
public:
    // `rate` in bytes a second, above 0.
    explicit Pace(double rate) : rate_(rate) {}

    // The most that a reader that wants `capacity` bytes may book at once; at least 1.
    std::size_t slice(std::size_t capacity) const noexcept;
    // Books the line for `bytes`, asked for at `now`: the time at which they may be read.
    Clock::time_point book(Clock::time_point now, std::size_t bytes);
    // Of what was booked, so many bytes did not come.
    void give_back(std::size_t bytes);

private:
    Clock::duration time_for(std::size_t bytes) const;

    double rate_;
    Clock::time_point free_{}; // when the line has nothing booked any more
};

} // namespace ferry::throttle
