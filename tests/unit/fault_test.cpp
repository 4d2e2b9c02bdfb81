#include "core/base/fault.h"

#include <gmock/gmock.h>

#include <functional>
#include <system_error>

namespace ferry::core {
namespace {

using testing::HasSubstr;

Error current(const std::function<void()> &thrower) {
    try {
        thrower();
    } catch (...) {
        return current_error();
    }
    return {Kind::usage, "nothing was thrown"};
}

TEST(CurrentError, IsAnErrorWhateverWasThrown) {
    struct Case {
        std::function<void()> thrower;
        Kind kind;
        bool shortage;
        const char *message, *remedy;
    };
    const Case cases[] = {
        {[] { throw Error(Kind::disk, "full", "empty it"); }, Kind::disk, false, "full", "empty it"},
        {[] { throw ferry::Error(FERRY_E_TIMEOUT, "slow"); }, Kind::network, false, "slow", ""},
        {[] { throw ferry::Error(FERRY_E_NO_MEMORY, "out of memory"); }, Kind::other, true, "out of memory", "limits"},
        {[] { throw Error::from(ferry::Error(FERRY_E_NO_MEMORY, "out of memory")); }, Kind::other, true,
         "out of memory", "limits"},
        {[] { throw std::bad_alloc(); }, Kind::other, true, "not enough memory", "limits"},
        {[] { throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again)); }, Kind::other,
         true, "thread", "limits"},
        {[] { throw std::system_error(std::make_error_code(std::errc::invalid_argument), "odd"); }, Kind::other, false,
         "odd", "report it"},
        {[] { throw std::runtime_error("odd"); }, Kind::other, false, "odd", "report it"},
        {[] { throw 5; }, Kind::other, false, "unknown type", "report it"},
    };
    for (const Case &c : cases) {
        const Error e = current(c.thrower);
        EXPECT_EQ(e.kind(), c.kind) << c.message;
        EXPECT_EQ(lacks_resources(e), c.shortage) << c.message;
        EXPECT_THAT(e.message.english(), HasSubstr(c.message));
        EXPECT_THAT(e.remedy.english(), HasSubstr(c.remedy)) << c.message;
    }
}

TEST(FaultOfFerry, AsksToReportIt) {
    const Error e = fault_of_ferry("this cannot be");
    EXPECT_EQ(e.kind(), Kind::other);
    EXPECT_EQ(e.message.english(), "this cannot be");
    EXPECT_THAT(e.remedy.english(), HasSubstr("report it"));
    EXPECT_FALSE(lacks_resources(e));
}

} // namespace
} // namespace ferry::core
