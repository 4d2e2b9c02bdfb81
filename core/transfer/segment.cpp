#include "core/transfer/segment.h"

#include <algorithm>

namespace ferry::core {

namespace {

constexpr std::uint64_t step = 1 << 20;
constexpr std::chrono::milliseconds first_look(100);

// What comes in that time.
std::uint64_t bytes_in(double seconds, double rate, std::uint64_t least, std::uint64_t most) {
    const double bytes = seconds * rate;
    if (!(bytes > static_cast<double>(least))) return least;
    return bytes < static_cast<double>(most) ? static_cast<std::uint64_t>(bytes) : most;
}

double seconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

} // namespace

std::optional<Pace> PaceWatch::came(std::uint64_t bytes, Time now) {
    if (all_ == 0) {
        first_ = now;
        burst_ = bytes;
        next_ = bytes + step;
    }
    all_ += bytes;
    if (all_ < next_ && (told_ || now - first_ < first_look)) return std::nullopt;
    told_ = true;
    next_ = all_ + step;
    return Pace{seconds(first_ - asked_), static_cast<double>(all_ - burst_) / std::max(seconds(now - first_), 1e-6)};
}

std::uint64_t segment_size(const Pace &pace, const SegmentRules &rules) {
    if (pace.rate < rules.fast) return no_segments;
    return bytes_in(64 * pace.first_byte, pace.rate, rules.least, rules.most);
}

std::uint64_t least_to_split(const Pace &pace, std::uint64_t most) {
    return bytes_in(std::max(16 * pace.first_byte, 1.0), pace.rate, most / 8, most);
}

} // namespace ferry::core
