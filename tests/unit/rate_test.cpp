// When a transfer is too slow, and what its statuses mean, as tables.
#include "core/base/error.h"
#include "core/base/rate.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferry::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateWatch, ComplainsOfTooFewBytesInAWindow) {
    struct Step {
        std::uint64_t bytes;
        milliseconds waited;
    };
    const struct {
        const char *what;
        RateRules rules;
        std::vector<Step> steps;
        std::optional<std::uint64_t> complaint; // after the last step, and none before
    } table[] = {
        {"a drip", {1024, seconds(60)}, {{1, seconds(30)}, {1, seconds(30)}}, 0},
        {"not before the window is over", {1024, seconds(60)}, {{1, seconds(30)}, {1, milliseconds(29'999)}}, {}},
        {"just enough", {1024, seconds(60)}, {{61'440, seconds(60)}}, {}},
        {"one byte less", {1024, seconds(60)}, {{61'439, seconds(60)}}, 1023},
        {"eight connections of a slow line", {1024, seconds(60)}, {{8 * 1024 * 59, seconds(59)}, {1, seconds(2)}}, {}},
        {"a burst makes up for a stall", {1024, seconds(60)}, {{100'000, seconds(1)}, {1, seconds(59)}}, {}},
        {"but for one window only",
         {1024, seconds(60)},
         {{100'000, seconds(1)}, {1, seconds(59)}, {1, seconds(60)}},
         0},
        {"time that the reader took does not count", {1024, seconds(60)}, {{1, seconds(1)}, {1, seconds(1)}}, {}},
        {"any rate", {0, seconds(60)}, {{1, seconds(3600)}}, {}},
        {"another rate", {4096, seconds(10)}, {{40'000, seconds(10)}}, 4000},
    };
    for (const auto &[what, rules, steps, complaint] : table) {
        RateWatch watch(rules);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto said = watch.came(steps[i].bytes, steps[i].waited);
            EXPECT_EQ(said, i + 1 == steps.size() ? complaint : std::nullopt) << what;
        }
    }
}

TEST(Progress, IsWhatArrivedFastEnough) {
    EXPECT_TRUE(is_progress(1, milliseconds(900), 1024));
    EXPECT_TRUE(is_progress(1, seconds(3600), 0));
    EXPECT_TRUE(is_progress(60 * 1024, seconds(61), 1024));
    EXPECT_FALSE(is_progress(60, seconds(61), 1024));
    EXPECT_FALSE(is_progress(0, seconds(0), 0));
}

TEST(ErrorKind, FollowsFromTheStatusAndBack) {
    for (const Kind kind : {Kind::other, Kind::usage, Kind::access, Kind::not_found, Kind::network, Kind::disk,
                            Kind::rate_limit, Kind::interrupted}) {
        EXPECT_EQ(kind_of(status_of(kind)), kind);
        EXPECT_EQ(kind_of(Error(kind, "x").status()), kind);
    }
    for (ferry_status status = FERRY_E_INTERNAL; status <= FERRY_E_EXHAUSTED; ++status) {
        EXPECT_EQ(Error(status, "x").kind(), kind_of(status));
        EXPECT_EQ(Error::from(ferry::Error(status, "x")).kind(), kind_of(status));
    }
    EXPECT_EQ(Error::from(ferry::Error(FERRY_E_NETWORK, "a.example: is gone"), "a.example").message.english(),
              "a.example: is gone");
    EXPECT_EQ(Error::from(ferry::Error(FERRY_E_NETWORK, "it is gone"), "a.example").message.english(),
              "a.example: it is gone");
}

} // namespace
} // namespace ferry::core
