#include "core/base/size.h"

#include <gtest/gtest.h>

#include <limits>

namespace ferry::core {
namespace {

TEST(HumanSize, HasOneDigitBehindThePointFromKibibytesOn) {
    const struct {
        std::uint64_t bytes;
        const char *text;
    } table[] = {{0, "0 B"},
                 {1023, "1023 B"},
                 {1024, "1.0 KiB"},
                 {1536, "1.5 KiB"},
                 {1048576, "1.0 MiB"},
                 {2147483648, "2.0 GiB"},
                 {1099511627776, "1.0 TiB"},
                 {1125899906842624, "1.0 PiB"},
                 {std::numeric_limits<std::uint64_t>::max(), "16.0 EiB"}};
    for (const auto &[bytes, text] : table) EXPECT_EQ(human_size(bytes), text);
}

} // namespace
} // namespace ferry::core
