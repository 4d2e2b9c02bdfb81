// The rate of the last seconds, from a running total that is sampled now and then.
#pragma once

#include <cstdint>
#include <deque>

namespace ferry::cli {

// Knows no clock. [one-thread]
class RateMeter {
public:
    explicit RateMeter(double window_seconds = 3) : window_(window_seconds) {}
    // `seconds` never falls. Returns bytes a second. Where the total falls (bytes were thrown away), it begins anew.
    double sample(double seconds, std::uint64_t total);

private:
    struct Sample {
        double seconds;
        std::uint64_t total;
    };
    double window_;
    std::deque<Sample> samples_;
};

} // namespace ferry::cli
