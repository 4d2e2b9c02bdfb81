#include "core/base/retry.h"

#include <algorithm>
#include <ctime>
#include <random>

namespace ferry::core {

bool transient_status(int status) noexcept {
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

std::int64_t parse_retry_after(std::string_view value, std::int64_t now) {
    constexpr std::int64_t most_s = 10 * 365 * 86'400LL;
    if (!value.empty() && value.find_first_not_of("0123456789") == value.npos)
        return (value.size() > 18 ? most_s : std::min<std::int64_t>(std::stoll(std::string(value)), most_s)) * 1000;

    // IMF-fixdate of RFC 9110 section 5.6.7, the only form that servers may send: Sun, 06 Nov 1994 08:49:37 GMT
    constexpr std::string_view shape = "Aaa, 00 Aaa 0000 00:00:00 GMT", months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (value.size() != shape.size()) return -1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const char want = shape[i], have = value[i];
        const bool fits = want == '0'   ? have >= '0' && have <= '9'
                          : want == 'A' ? have >= 'A' && have <= 'Z'
                          : want == 'a' ? have >= 'a' && have <= 'z'
                                        : have == want;
        if (!fits) return -1;
    }
    const auto number = [&](std::size_t at, std::size_t size) {
        return std::stoi(std::string(value.substr(at, size)));
    };
    const auto month = months.find(value.substr(8, 3));
    std::tm date{};
    date.tm_mday = number(5, 2);
    date.tm_mon = static_cast<int>(month / 3);
    date.tm_year = number(12, 4) - 1900;
    date.tm_hour = number(17, 2);
    date.tm_min = number(20, 2);
    date.tm_sec = number(23, 2);
    if (month == months.npos || month % 3 || date.tm_mday < 1 || date.tm_mday > 31 || date.tm_hour > 23 ||
        date.tm_min > 59 || date.tm_sec > 60)
        return -1;
    return std::clamp<std::int64_t>(::timegm(&date) - now, 0, most_s) * 1000;
}

std::optional<std::int64_t> retry_delay(const RetryRules &rules, int tried, std::int64_t retry_after_ms,
                                        double chance) noexcept {
    if (tried > rules.most || retry_after_ms > rules.patience_ms) return std::nullopt;
    std::int64_t delay = std::min(rules.first_ms, rules.ceiling_ms);
    for (int i = 1; i < tried && delay < rules.ceiling_ms; ++i) delay = std::min(delay * 2, rules.ceiling_ms);
    const std::int64_t fixed = delay / 2;
    delay = fixed + static_cast<std::int64_t>(static_cast<double>(delay - fixed) * chance);
    return std::max(delay, retry_after_ms);
}

double random_chance() {
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

} // namespace ferry::core
