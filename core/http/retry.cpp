#include "core/http/retry.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <random>

namespace ferry::core {

bool transient_status(int status) noexcept {
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

std::int64_t parse_retry_after(std::string_view value, std::int64_t now) {
    constexpr std::int64_t most_s = 10 * 365 * 86'400LL;
    if (!value.empty() && value.size() <= 18 && value.find_first_not_of("0123456789") == value.npos)
        return std::min<std::int64_t>(std::stoll(std::string(value)), most_s) * 1000;
    int zone = 0;
    Poco::DateTime date;
    if (!Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, std::string(value), date, zone)) return -1;
    return std::clamp<std::int64_t>(date.timestamp().epochTime() - now, 0, most_s) * 1000;
}

std::optional<std::int64_t> retry_delay(const RetryRules &rules, int tried, std::int64_t retry_after_ms,
                                        double chance) noexcept {
    if (tried > rules.most || retry_after_ms > rules.patience_ms) return std::nullopt;
    std::int64_t delay = std::min(rules.first_ms, rules.ceiling_ms);
    for (int i = 1; i < tried && delay < rules.ceiling_ms; ++i) delay = std::min(delay * 2, rules.ceiling_ms);
    delay = delay / 2 + static_cast<std::int64_t>(static_cast<double>(delay - delay / 2) * chance);
    return std::max(delay, retry_after_ms);
}

double random_chance() {
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

} // namespace ferry::core
