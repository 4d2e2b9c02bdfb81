#include "core/http/attempts.h"

#include "support/host.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure_of;
using test::hasty;
using test::Host;

Error failure(ferry_status status, bool retryable, std::int64_t after_ms = -1) {
    Error e(status, "it failed");
    e.retryable = retryable;
    e.retry_after_ms = after_ms;
    return e;
}

TEST(NextAttempt, FollowsTheFailureAndTheRules) {
    const RetryRules rules{2, 1'000, 10'000, 120'000};
    const struct {
        const char *what;
        Error failure;
        int tried;
        std::int64_t delay; // -1: the failure stands
    } table[] = {
        {"a failure of the moment", failure(FERRY_E_NETWORK, true), 1, 500},
        {"the second one waits longer", failure(FERRY_E_NETWORK, true), 2, 1'000},
        {"the attempts are used up", failure(FERRY_E_NETWORK, true), 3, -1},
        {"a failure that stays", failure(FERRY_E_NETWORK, false), 1, -1},
        {"a timeout passes, whether it says so or not", failure(FERRY_E_TIMEOUT, false), 1, 500},
        {"a body cut short passes", failure(FERRY_E_TRUNCATED, false), 1, 500},
        {"a rate limit passes", failure(FERRY_E_RATE_LIMITED, false), 1, 500},
        {"the server names a time", failure(FERRY_E_RATE_LIMITED, false, 7'000), 1, 7'000},
        {"the server wants more patience than there is", failure(FERRY_E_RATE_LIMITED, false, 200'000), 1, -1},
        {"a quota that is used up", failure(FERRY_E_EXHAUSTED, true), 1, -1},
        {"the user interrupts", failure(FERRY_E_CANCELLED, true), 1, -1},
        {"a refusal", failure(FERRY_E_FORBIDDEN, false), 1, -1},
    };
    for (const auto &[what, e, tried, delay] : table)
        EXPECT_EQ(next_attempt(rules, tried, e, 0.0).value_or(-1), delay) << what;
    EXPECT_FALSE(next_attempt(limited_to(Attempts::one, rules), 1, failure(FERRY_E_NETWORK, true), 0.0));
    EXPECT_TRUE(next_attempt(limited_to(Attempts::by_the_rules, rules), 1, failure(FERRY_E_NETWORK, true), 0.0));
}

TEST(MakeAttempts, ReturnsTheFirstValueThatStands) {
    Host host;
    int made = 0;
    const int value = make_attempts(hasty(5), host.operation, [&] {
        if (++made == 1) throw failure(FERRY_E_NETWORK, true);
        Attempt<int> attempt{made};
        if (made == 2) attempt.not_now = failure(FERRY_E_RATE_LIMITED, false);
        return attempt;
    });
    EXPECT_EQ(value, 3);
    EXPECT_EQ(host.warned("it failed; trying again in "), 2U) << host.warnings();
}

TEST(MakeAttempts, EndsWithTheLastValueOrFailure) {
    Host host;
    int made = 0;
    EXPECT_EQ(make_attempts(hasty(2), host.operation,
                            [&] {
                                return Attempt<int>{++made, failure(FERRY_E_RATE_LIMITED, false)};
                            }),
              3)
        << "a value that may become another one, but does not in time";
    made = 0;
    const Error last = failure_of([&] {
        make_attempts(hasty(2), host.operation, [&]() -> Attempt<int> {
            Error e = failure(FERRY_E_NETWORK, true);
            e.message = "failure " + std::to_string(++made);
            throw e;
        });
    });
    EXPECT_EQ(last.message.english(), "failure 3");
    EXPECT_EQ(last.kind(), Kind::network);
}

TEST(MakeAttempts, RepeatsNothingThatWouldFailAgain) {
    Host host;
    int made = 0;
    const auto refuse = [&]() -> Attempt<int> {
        ++made;
        throw failure(FERRY_E_FORBIDDEN, false);
    };
    EXPECT_EQ(failure_of([&] { make_attempts(hasty(5), host.operation, refuse); }).kind(), Kind::access);
    EXPECT_EQ(made, 1);
}

TEST(MakeAttempts, HoldsNoValueWhileItWaits) {
    Host host;
    const auto connection = std::make_shared<int>(1);
    long held = 0;
    int made = 0;
    make_attempts(hasty(1), host.operation, [&] {
        if (++made == 2) held = connection.use_count();
        Attempt<std::shared_ptr<int>> attempt{connection};
        if (made == 1) attempt.not_now = failure(FERRY_E_RATE_LIMITED, false);
        return attempt;
    });
    EXPECT_EQ(held, 1) << "the connection of the first attempt was given back";
}

TEST(MakeAttempts, StopsWhereTheOperationIsCancelled) {
    Host host;
    int made = 0;
    const auto fail = [&]() -> Attempt<int> {
        ++made;
        host.stop.request_stop();
        throw failure(FERRY_E_NETWORK, true);
    };
    RetryRules rules = hasty(5);
    rules.first_ms = rules.ceiling_ms = 1'000'000;
    EXPECT_EQ(failure_of([&] { make_attempts(rules, host.operation, fail); }).kind(), Kind::interrupted);
    EXPECT_EQ(made, 1);
}

} // namespace
} // namespace ferry::core
