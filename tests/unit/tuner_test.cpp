#include "core/fetch/choice.h"
#include "core/fetch/tuner.h"

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

TEST(Tuner, AddsAConnectionWhileThatPays) {
    Tuner tuner(8);
    EXPECT_EQ(tuner.limit(), 1);
    EXPECT_EQ(limits(tuner, {100, 200, 300, 400}), (Limits{2, 3, 4, 5}));
}

TEST(Tuner, NeverExceedsItsMost) {
    Tuner three(3), one(1);
    EXPECT_EQ(limits(three, {100, 200, 300, 400, 500, 600, 1000}), (Limits{2, 3, 3, 3, 3, 3, 3}));
    EXPECT_EQ(limits(one, {100, 200, 0, 0, 0, 0, 1000}), (Limits{1, 1, 1, 1, 1, 1, 1}));
}

TEST(Tuner, OfManyConnectionsHalfAShareIsGainEnough) {
    Tuner tuner(10);
    limits(tuner, {100, 200, 300, 400, 500, 600, 700});
    ASSERT_EQ(tuner.limit(), 8);
    EXPECT_EQ(tuner.sample(750), 9);                               // a sixteenth of 700 would do
    EXPECT_EQ(limits(tuner, {790, 790, 790}), (Limits{9, 9, 8})); // an eighteenth of 750 would have done
}

TEST(Tuner, TakesAStepBackThatBroughtNothing) {
    Tuner tuner(8);
    EXPECT_EQ(limits(tuner, {100, 105, 104, 103}), (Limits{2, 2, 2, 1}));
    Tuner tenth(8);
    EXPECT_EQ(limits(tenth, {100, 110, 110, 110}), (Limits{2, 2, 2, 1})) << "a tenth is not more than a tenth";
    Tuner late(8);
    EXPECT_EQ(limits(late, {100, 100, 120}), (Limits{2, 2, 3})) << "a step has some time to show";
}

TEST(Tuner, WaitsForTheFirstByte) {
    Tuner tuner(8);
    EXPECT_EQ(limits(tuner, std::vector<double>(20, 0.0)), Limits(20, 1));
    EXPECT_EQ(tuner.sample(100), 2);
}

TEST(Tuner, TriesAgainAfterARest) {
    Tuner tuner(8);
    limits(tuner, {100, 100, 100, 100});
    ASSERT_EQ(tuner.limit(), 1);
    EXPECT_EQ(limits(tuner, std::vector<double>(25, 100.0)), Limits(25, 1));
    EXPECT_EQ(tuner.sample(100), 2);
}

TEST(Tuner, C14_C26_IsHalvedByAComplaintAndRestsLonger) {
    Tuner tuner(8);
    limits(tuner, {100, 200, 300, 400, 500, 600, 700});
    ASSERT_EQ(tuner.limit(), 8);
    EXPECT_EQ(tuner.punish(), 4);
    EXPECT_EQ(tuner.punish(), 2);
    EXPECT_EQ(tuner.punish(), 1);
    EXPECT_EQ(tuner.punish(), 1) << "one is always left";
    EXPECT_EQ(limits(tuner, std::vector<double>(50, 1000.0)), Limits(50, 1));
    EXPECT_EQ(tuner.sample(1000), 2);
}

TEST(ChooseEndpoint, C27_FollowsItsTable) {
    const auto mirror = [](int active = 0, int failures = 0, bool dropped = false) { return EndpointRecord{true, dropped, active, failures}; };
    const auto home = [](int active = 0, int failures = 0, bool dropped = false) { return EndpointRecord{false, dropped, active, failures}; };
    const struct {
        const char *what;
        std::vector<EndpointRecord> endpoints;
        std::vector<bool> tried;
        int chosen;
    } table[] = {
        {"none", {}, {}, -1},
        {"the only one", {home()}, {}, 0},
        {"the only one, busy and failing", {home(9, 9)}, {false}, 0},
        {"a mirror before the registry", {home(), mirror()}, {}, 1},
        {"a busy mirror before the idle registry", {mirror(8), home()}, {}, 0},
        {"the earlier of two", {mirror(), mirror(), home()}, {}, 0},
        {"the idler of two", {mirror(2), mirror(1), home()}, {}, 1},
        {"one without failures", {mirror(0, 1), mirror(5), home()}, {}, 1},
        {"not the one tried", {mirror(), mirror(), home()}, {true, false, false}, 1},
        {"the registry when all mirrors are tried", {mirror(), mirror(), home()}, {true, true, false}, 2},
        {"not the one dropped", {mirror(0, 0, true), mirror(3), home()}, {}, 1},
        {"the registry when all mirrors are dropped", {mirror(0, 0, true), home(4, 4)}, {}, 1},
        {"nothing when all are tried", {mirror(), home()}, {true, true}, -1},
        {"nothing when all are tried or dropped", {mirror(0, 0, true), home()}, {false, true}, -1},
    };
    for (const auto &one : table) {
        const auto chosen = choose_endpoint(one.endpoints, one.tried);
        EXPECT_EQ(chosen ? static_cast<int>(*chosen) : -1, one.chosen) << one.what;
    }
}

} // namespace
} // namespace ferry::core
