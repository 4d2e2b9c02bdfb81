// When to try again, as pure functions of what happened (RFC 9110 section 10.2.3 for Retry-After).
#pragma once

#include "core/base/error.h"

#include <ferry/kit/dates.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry::core {

struct RetryRules {
    int most = 5;                       // retries after the first attempt (max_retries)
    std::int64_t first_ms = 1'000;      // the first delay; it doubles from there
    std::int64_t ceiling_ms = 10'000;   // of the delay before a server's own wish (retry_delay)
    std::int64_t patience_ms = 120'000; // a server that wants longer is given up, and the user told
};

// How often a request may be made.
enum class Attempts { one, by_the_rules };
inline RetryRules limited_to(Attempts attempts, RetryRules rules) noexcept {
    if (attempts == Attempts::one) rules.most = 0;
    return rules;
}

// Is that HTTP status one that passes: 408, 425, 429, 5xx (501 and 505 do not pass)?
bool transient_status(int status) noexcept;

using kit::parse_retry_after;

// The delay in ms before attempt number `tried` + 1 (`tried` >= 1 were made), or nothing when it is time to give up.
// `chance` in [0, 1) spreads the clients of a server that comes back: half of the delay is fixed, half is chance.
// `retry_after_ms` (-1: none) is a floor, not subject to the ceiling.
std::optional<std::int64_t> retry_delay(const RetryRules &rules, int tried, std::int64_t retry_after_ms,
                                        double chance) noexcept;

// What follows attempt number `tried`, which ended with `failure`: the delay in ms before the next attempt, or nothing
// where the failure stands, because it would be the same again or retry_delay() gives up.
std::optional<std::int64_t> next_attempt(const RetryRules &rules, int tried, const Error &failure,
                                         double chance) noexcept;

// A random number for `chance`. [any-thread]
double random_chance();

} // namespace ferry::core
