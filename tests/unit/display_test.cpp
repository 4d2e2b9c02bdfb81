// The displays: which one a pull has, and the figures that they show.
#include "cli/show/display_choice.h"
#include "cli/show/duration.h"
#include "cli/show/rate_meter.h"

#include <gtest/gtest.h>

namespace ferry::cli {
namespace {

TEST(RateMeter, TellsTheRateOfTheLastSeconds) {
    RateMeter meter(3);
    EXPECT_EQ(meter.sample(0, 0), 0);
    EXPECT_EQ(meter.sample(1, 100), 100);
    EXPECT_EQ(meter.sample(2, 200), 100);
    EXPECT_EQ(meter.sample(10, 200), 0) << "nothing came for long";
    EXPECT_EQ(meter.sample(11, 50), 0) << "bytes were thrown away";
    EXPECT_EQ(meter.sample(12, 150), 100);
}

TEST(HumanTime, HasTheTwoLargestUnits) {
    const struct {
        double seconds;
        const char *text;
    } table[] = {{0, "0s"}, {0.6, "1s"}, {59, "59s"}, {60, "1m00s"}, {185, "3m05s"}, {3600, "1h00m"}, {7800, "2h10m"}};
    for (const auto &[seconds, text] : table) EXPECT_EQ(human_time(seconds), text);
}

TEST(DisplayKind, BarsAreForAPersonAtATerminal) {
    const Surroundings person{true, "xterm", ""};
    EXPECT_EQ(display_kind(false, false, false, person), DisplayKind::bars);
    EXPECT_EQ(display_kind(false, false, false, {true, "xterm", "false"}), DisplayKind::bars);
    for (const Surroundings &around : {Surroundings{false, "xterm", ""}, Surroundings{true, "dumb", ""},
                                       Surroundings{true, "", ""}, Surroundings{true, "xterm", "true"}})
        EXPECT_EQ(display_kind(false, false, false, around), DisplayKind::plain);
    EXPECT_EQ(display_kind(false, false, true, person), DisplayKind::plain);
    EXPECT_EQ(display_kind(false, true, false, person), DisplayKind::none);
    EXPECT_EQ(display_kind(true, true, true, person), DisplayKind::events);
}

} // namespace
} // namespace ferry::cli
