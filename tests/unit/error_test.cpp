#include "core/base/error.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

TEST(Error, NamesTheHostOnce) {
    const struct {
        const char *thrown, *doing, *message;
    } table[] = {
        {"timed out", "a.example:5000", "a.example:5000: timed out"},
        {"a.example:5000: timed out", "a.example:5000", "a.example:5000: timed out"},
        {"cannot connect to a.example:5000: refused", "a.example:5000", "cannot connect to a.example:5000: refused"},
        {"b.example: timed out", "a.example", "a.example: b.example: timed out"},
        {"the answer is too long", "a", "a: the answer is too long"},
        {"my.a.example is gone", "a.example", "a.example: my.a.example is gone"},
        {"timed out", "", "timed out"}};
    for (const auto &[thrown, doing, message] : table)
        EXPECT_EQ(Error::from(ferry::Error(FERRY_E_NETWORK, thrown), doing).message.english(), message);
}

TEST(Error, TheWorseOfTwoKindsDoesNotDependOnTheirOrder) {
    const Kind order[] = {Kind::interrupted, Kind::integrity,  Kind::disk,    Kind::plugin,    Kind::other,
                          Kind::access,      Kind::rate_limit, Kind::network, Kind::not_found, Kind::usage};
    for (std::size_t i = 0; i < std::size(order); ++i)
        for (std::size_t k = i; k < std::size(order); ++k) {
            EXPECT_EQ(worse(order[i], order[k]), order[i]);
            EXPECT_EQ(worse(order[k], order[i]), order[i]);
        }
}

} // namespace
} // namespace ferry::core
