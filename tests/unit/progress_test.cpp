// What the display says, as pure functions.
#include "cli/progress.h"

#include <gtest/gtest.h>

namespace ferry::cli {
namespace {

TEST(HumanSize, HasOneDigitBehindThePointFromKibibytesOn) {
    const struct {
        std::uint64_t bytes;
        const char *text;
    } table[] = {{0, "0 B"},           {1023, "1023 B"},          {1024, "1.0 KiB"},
                 {1536, "1.5 KiB"},    {1048576, "1.0 MiB"},      {2147483648, "2.0 GiB"},
                 {1099511627776, "1.0 TiB"}};
    for (const auto &[bytes, text] : table) EXPECT_EQ(human_size(bytes), text);
}

TEST(HumanTime, HasTheTwoLargestUnits) {
    const struct {
        double seconds;
        const char *text;
    } table[] = {{0, "0s"}, {0.6, "1s"}, {59, "59s"}, {60, "1m00s"}, {185, "3m05s"}, {3600, "1h00m"}, {7800, "2h10m"}};
    for (const auto &[seconds, text] : table) EXPECT_EQ(human_time(seconds), text);
}

TEST(BarLine, FitsAnyWidth) {
    for (int columns = 1; columns < 200; ++columns)
        for (const double part : {-1.0, 0.0, 0.333, 1.0, 7.0})
            EXPECT_LE(bar_line("0123456789ab", part, "12.3 MiB downloading", columns).size(), std::size_t(columns));
}

TEST(BarLine, FillsWithThePart) {
    EXPECT_EQ(bar_line("total", 0.5, "x", 80), "total        [###############---------------]  50% x");
    EXPECT_EQ(bar_line("total", 1.0, "x", 80), "total        [##############################] 100% x");
    EXPECT_EQ(bar_line("total", 0.25, "12.3 MiB of 49.2 MiB", 40), "total         25% 12.3 MiB of 49.2 MiB");
}

} // namespace
} // namespace ferry::cli
