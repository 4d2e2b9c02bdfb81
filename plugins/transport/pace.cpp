#include "transport/pace.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ferry::throttle {

namespace {

// What an idle line may make up for: the answer to a request takes its time, too.
constexpr std::chrono::milliseconds burst{200};
constexpr double slices_a_second = 32;
constexpr std::size_t smallest = 512, largest = 256 << 10;

} // namespace

std::optional<double> parse_rate(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) {
        constexpr std::string_view units = "kmgKMG";
        if (const auto unit = units.find(text[0]); unit != std::string_view::npos) {
            value *= std::pow(1024.0, static_cast<double>(unit % 3 + 1));
            text.remove_prefix(1);
        }
        for (const std::string_view tail : {"iB", "B", "b"})
            if (text.starts_with(tail)) {
                text.remove_prefix(tail.size());
                break;
            }
        if (text.starts_with("/s")) text.remove_prefix(2);
    }
    if (!text.empty() || !(value >= 1) || value > 1e15) return std::nullopt;
    return value;
}

std::size_t Pace::slice(std::size_t capacity) const noexcept {
    const auto fair = static_cast<std::size_t>(std::min(rate_ / slices_a_second, double{largest}));
    return std::max<std::size_t>(1, std::min(capacity, std::max(fair, smallest)));
}

Clock::duration Pace::time_for(std::size_t bytes) const {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(static_cast<double>(bytes) / rate_));
}

Clock::time_point Pace::book(Clock::time_point now, std::size_t bytes) {
    const auto begin = std::max(free_, now - burst);
    free_ = begin + time_for(bytes);
    return begin;
}

void Pace::give_back(std::size_t bytes) {
    free_ -= time_for(bytes);
}

} // namespace ferry::throttle
