#include "core/transfer/segment.h"
#include "core/transfer/tuner.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferry::core {
namespace {

std::vector<int> limits(Tuner &tuner, const std::vector<double> &rates) {
    std::vector<int> out;
    for (const double rate : rates) out.push_back(tuner.sample(rate));
    return out;
}
using Limits = std::vector<int>;

// A tuner that has taken back a doubling and rested: from now on it adds one at a time.
Tuner rested(int most, double rate) {
    Tuner tuner(most);
    limits(tuner, {rate, rate, rate, rate});
    EXPECT_EQ(tuner.limit(), 2);
    EXPECT_EQ(limits(tuner, std::vector<double>(25, rate)), Limits(25, 2));
    return tuner;
}

TEST(Tuner, DoublesWhileThatPays) {
    Tuner tuner(20);
    EXPECT_EQ(tuner.limit(), 2);
    EXPECT_EQ(limits(tuner, {200, 400, 800, 1600}), (Limits{4, 8, 16, 20}));
}

TEST(Tuner, NeverExceedsItsMost) {
    Tuner three(3), one(1);
    EXPECT_EQ(one.limit(), 1);
    EXPECT_EQ(limits(three, {200, 300, 400, 500, 600, 1000}), Limits(6, 3));
    EXPECT_EQ(limits(one, {100, 200, 0, 0, 0, 0, 1000}), Limits(7, 1));
}

TEST(Tuner, TakesADoublingBackThatBroughtLessThanAQuarter) {
    Tuner tuner(8);
    EXPECT_EQ(limits(tuner, {200, 400, 500, 490, 500}), (Limits{4, 8, 8, 8, 4}));
    Tuner enough(8);
    EXPECT_EQ(limits(enough, {200, 400, 510, 100, 100, 100, 100}), (Limits{4, 8, 8, 8, 8, 8, 8}))
        << "and keeps what paid";
    Tuner late(16);
    EXPECT_EQ(limits(late, {200, 200, 300}), (Limits{4, 4, 8})) << "a step has some time to show";
}

TEST(Tuner, ThenAddsOneAtATimeWhileThatPays) {
    Tuner tuner = rested(8, 100);
    EXPECT_EQ(limits(tuner, {100, 150, 170}), (Limits{3, 4, 5}));
    EXPECT_EQ(limits(tuner, {187, 187, 187}), (Limits{5, 5, 4})) << "a tenth is not more than a tenth";
}

TEST(Tuner, OfManyConnectionsHalfAShareIsGainEnough) {
    Tuner tuner(10);
    limits(tuner, {200, 400, 800, 800, 800, 800});
    ASSERT_EQ(tuner.limit(), 8);
    limits(tuner, std::vector<double>(25, 800));
    EXPECT_EQ(tuner.sample(800), 9);
    EXPECT_EQ(tuner.sample(850), 10); // an eighteenth of 800 would do
}

TEST(Tuner, WaitsForTheFirstByte) {
    Tuner tuner(8);
    EXPECT_EQ(limits(tuner, std::vector<double>(20, 0.0)), Limits(20, 2));
    EXPECT_EQ(tuner.sample(100), 4);
}

TEST(Tuner, TriesAgainAfterARest) {
    Tuner tuner = rested(8, 100);
    EXPECT_EQ(limits(tuner, {100, 100, 100, 100}), (Limits{3, 3, 3, 2}));
    EXPECT_EQ(limits(tuner, std::vector<double>(25, 100.0)), Limits(25, 2));
    EXPECT_EQ(tuner.sample(100), 3);
}

TEST(Tuner, HalvesTheStreamsWhereAServerComplainsAndWaitsLonger) {
    Tuner tuner(8);
    limits(tuner, {200, 400, 800});
    ASSERT_EQ(tuner.limit(), 8);
    EXPECT_EQ(tuner.punish(), 4);
    EXPECT_EQ(tuner.punish(), 2);
    EXPECT_EQ(tuner.punish(), 1);
    EXPECT_EQ(tuner.punish(), 1) << "one is always left";
    EXPECT_EQ(limits(tuner, std::vector<double>(50, 1000.0)), Limits(50, 1));
    EXPECT_EQ(limits(tuner, {1000, 1500, 1700}), (Limits{2, 3, 4})) << "one at a time";
}

TEST(Segment, GrowsWithTheBytesUnderWay) {
    constexpr double mb = 1e6, none = -1;
    const struct {
        const char *what;
        Pace pace;
        double segment, split; // in MB; 16 to 256, and 1 to 8
    } table[] = {
        {"loopback", {0.0005, 300 * mb}, 16, 8},         {"a registry in the house", {0.005, 100 * mb}, 32, 8},
        {"a far and fast one", {0.3, 64 * mb}, 256, 8},  {"a near server", {0.02, 5 * mb}, none, 5},
        {"a far one", {0.2, 2 * mb}, none, 6.4},         {"a slow one", {0.05, 0.1 * mb}, none, 1},
        {"one that brings nothing", {0.05, 0}, none, 1},
    };
    for (const auto &row : table) {
        const std::uint64_t segment = segment_size(row.pace, {16'000'000, 256'000'000, 64e6});
        if (row.segment == none)
            EXPECT_EQ(segment, no_segments) << row.what;
        else
            EXPECT_NEAR(static_cast<double>(segment) / mb, row.segment, 0.001) << row.what;
        EXPECT_NEAR(static_cast<double>(least_to_split(row.pace, 8'000'000)) / mb, row.split, 0.001) << row.what;
    }
    EXPECT_EQ(least_to_split({1, 1}, std::uint64_t(1) << 43), std::uint64_t(1) << 40) << "who forbids it is obeyed";
}

TEST(PaceWatch, TellsThePaceWithEachMegabyte) {
    const PaceWatch::Time start{};
    const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
    PaceWatch watch(start);
    EXPECT_FALSE(watch.came(300'000, at(20))) << "a burst from some buffer tells no rate";
    EXPECT_FALSE(watch.came(1'000'000, at(60)));
    const auto first = watch.came(100'000, at(75));
    ASSERT_TRUE(first);
    EXPECT_NEAR(first->first_byte, 0.02, 1e-9);
    EXPECT_NEAR(first->rate, 1'100'000 / 0.055, 1);
    EXPECT_FALSE(watch.came(1'000'000, at(500)));
    EXPECT_TRUE(watch.came(100'000, at(510)));
}

TEST(PaceWatch, TellsTheFirstOneSoonWhereLittleComes) {
    const PaceWatch::Time start{};
    const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
    PaceWatch watch(start);
    EXPECT_FALSE(watch.came(1000, at(500)));
    EXPECT_FALSE(watch.came(1000, at(599)));
    const auto slow = watch.came(1000, at(600));
    ASSERT_TRUE(slow);
    EXPECT_NEAR(slow->first_byte, 0.5, 1e-9);
    EXPECT_NEAR(slow->rate, 20'000, 1);
    EXPECT_FALSE(watch.came(1000, at(10'000)));
    PaceWatch at_once(start);
    EXPECT_FALSE(at_once.came(1, start));
    EXPECT_TRUE(at_once.came(2 << 20, start)) << "a clock that stands still divides nothing by zero";
}

} // namespace
} // namespace ferry::core
