#include "cli/show/speed_advice.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

using testing::HasSubstr;

TEST(SpeedAdvice, ComesOnlyAfterSomeTimeAndBelowSomeRate) {
    constexpr std::uint64_t kib = 1024;
    const struct {
        double seconds;
        std::uint64_t bytes;
        int workers;
        bool mirrors;
        const char *words; // nullptr: nothing is said
    } table[] = {{1, 0, 1, false, nullptr},
                 {9.9, 10 * kib, 1, false, nullptr},
                 {10, 2560 * kib, 1, false, nullptr},
                 {10, 1000 * kib, 1, false, "(100.0 KiB/s): use more connections (-j 4) or a mirror (--mirror HOST)"},
                 {10, 1000 * kib, 0, false, "(100.0 KiB/s): use a mirror (--mirror HOST)"},
                 {10, 1000 * kib, 8, false, "(100.0 KiB/s): use a mirror (--mirror HOST)"},
                 {100, 1000 * kib, 1, true, "(10.0 KiB/s): try more connections (-j 4), another mirror"}};
    for (const auto &[seconds, bytes, workers, mirrors, words] : table) {
        const std::string advice = speed_advice(seconds, bytes, workers, mirrors);
        if (words) {
            EXPECT_THAT(advice, HasSubstr(words));
            EXPECT_THAT(advice, HasSubstr("check the proxy"));
        } else {
            EXPECT_EQ(advice, "");
        }
    }
}

} // namespace
} // namespace ferry::cli
