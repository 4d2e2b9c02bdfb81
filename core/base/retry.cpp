#include "core/base/retry.h"

#include <algorithm>
#include <ctime>
#include <random>

namespace ferry::core {

bool transient_status(int status) noexcept {
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
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

std::optional<std::int64_t> next_attempt(const RetryRules &rules, int tried, const Error &failure,
                                         double chance) noexcept {
    if (failure.kind() == Kind::interrupted || !failure.transient()) return std::nullopt;
    return retry_delay(rules, tried, failure.retry_after_ms, chance);
}

double random_chance() {
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

} // namespace ferry::core
