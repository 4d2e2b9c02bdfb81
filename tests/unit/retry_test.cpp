#include "core/base/retry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ferry::core {
namespace {

struct DelayCase {
    int tried;
    std::int64_t retry_after_ms;
    double chance;
    std::int64_t expected; // -1: give up
};

TEST(RetryDelay, DoublesUpToACeilingAndWaitsAtLeastAsLongAsTheServerAsks) {
    const RetryRules rules{8, 1'000, 10'000, 120'000};
    const double most = std::nextafter(1.0, 0.0);
    const DelayCase table[] = {
        // It doubles from the first delay on; half of it is fixed...
        {1, -1, 0.0, 500},
        {2, -1, 0.0, 1'000},
        {3, -1, 0.0, 2'000},
        {4, -1, 0.0, 4'000},
        // ...up to the ceiling...
        {5, -1, 0.0, 5'000},
        {6, -1, 0.0, 5'000},
        {8, -1, 0.0, 5'000},
        // ...and half is chance.
        {1, -1, 0.5, 750},
        {2, -1, 0.5, 1'500},
        {5, -1, 0.5, 7'500},
        {1, -1, most, 999},
        {8, -1, most, 9'999},
        // What the server wants is a floor, and the ceiling is none of it.
        {1, 0, 0.0, 500},
        {1, 499, 0.0, 500},
        {1, 501, 0.0, 501},
        {1, 501, 0.5, 750},
        {8, 60'000, 0.0, 60'000},
        {1, 60'000, most, 60'000},
        {1, 120'000, 0.0, 120'000},
        // Patience has an end, and so have the tries.
        {1, 120'001, 0.0, -1},
        {1, std::numeric_limits<std::int64_t>::max(), 0.0, -1},
        {9, -1, 0.0, -1},
        {9, 0, 0.0, -1},
        {1'000'000, -1, 0.5, -1},
    };
    for (const DelayCase &one : table)
        EXPECT_EQ(retry_delay(rules, one.tried, one.retry_after_ms, one.chance).value_or(-1), one.expected)
            << "try " << one.tried << ", Retry-After " << one.retry_after_ms << ", chance " << one.chance;
}

TEST(RetryDelay, KeepsToRulesOfAnyShape) {
    EXPECT_FALSE(retry_delay({0, 1'000, 10'000, 120'000}, 1, -1, 0.0)) << "no retries";
    EXPECT_EQ(retry_delay({5, 30'000, 10'000, 120'000}, 1, -1, 0.0), 5'000) << "the ceiling is below the first delay";
    EXPECT_EQ(retry_delay({5, 0, 0, 120'000}, 3, -1, 0.9), 0) << "no delay";
    EXPECT_EQ(retry_delay({5, 1'000, 10'000, 0}, 1, 0, 0.0), 500) << "no patience, and none needed";
    EXPECT_EQ(retry_delay({100, 1, 3'600'000, 0}, 100, -1, 0.0), 1'800'000) << "a hundred doublings do not overflow";
}

TEST(RandomChance, IsAFractionOfOne) {
    for (int i = 0; i < 1'000; ++i) {
        const double chance = random_chance();
        EXPECT_GE(chance, 0.0);
        EXPECT_LT(chance, 1.0);
    }
}

TEST(TransientStatus, IsOneWorthAnotherTry) {
    for (const int status : {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527})
        EXPECT_TRUE(transient_status(status)) << status;
    for (const int status : {0, 100, 200, 206, 301, 304, 307, 400, 401, 403, 404, 405, 410, 416, 451, 501, 505})
        EXPECT_FALSE(transient_status(status)) << status;
}

} // namespace
} // namespace ferry::core
