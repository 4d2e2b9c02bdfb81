#include "core/transfer/rotation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferry::core {
namespace {

Error refused(int http_status) {
    Error error(http_status == 404 ? Kind::not_found : Kind::network, "status " + std::to_string(http_status));
    error.http_status = http_status;
    error.retryable = http_status >= 500 || http_status == 429;
    return error;
}

// One attempt: what came of it at the endpoint whose turn it is.
struct Came {
    enum What { bytes, less, cut, busy, gone, missing } what;
};

Outcome outcome_of(Came::What what) {
    switch (what) {
    case Came::bytes: return {true, {}, false};
    case Came::less: return {false, {}, false};
    case Came::cut: {
        Error cut(FERRY_E_TRUNCATED, "cut");
        cut.retryable = true;
        return {true, cut, false};
    }
    case Came::busy: return {false, refused(503), false};
    case Came::gone: return {false, Error(FERRY_E_NETWORK, "connection refused"), true};
    case Came::missing: break;
    }
    return {false, refused(404), false};
}

// "m: another, a: wait 500, m: give up": whom the rotation asked, and what it said to what came.
std::string turns(const std::vector<Came::What> &script, const std::vector<Source::Endpoint> &known) {
    Endpoints endpoints(known);
    Rotation rotation(endpoints, {2, 1'000, 10'000, 120'000});
    std::string said;
    for (const Came::What what : script) {
        const auto endpoint = rotation.next();
        if (!endpoint) return said + "nobody";
        const Rotation::Turn turn = rotation.after(*endpoint, outcome_of(what), 0);
        said += (said.empty() ? "" : ", ") + endpoints.name(*endpoint) + ": ";
        switch (turn.step) {
        case Rotation::Step::resume: said += "resume"; break;
        case Rotation::Step::another: said += "another"; break;
        case Rotation::Step::wait: said += "wait " + std::to_string(turn.delay_ms); break;
        case Rotation::Step::give_up: return said + "give up";
        }
    }
    return said;
}

TEST(Rotation, FollowsItsTable) {
    using enum Came::What;
    const std::vector<Source::Endpoint> alone = {{"a"}}, two = {{"m", true}, {"a"}},
                                        three = {{"m", true}, {"n", true}, {"a"}};
    const struct {
        const char *what;
        std::vector<Source::Endpoint> endpoints;
        std::vector<Came::What> script;
        const char *turns;
    } table[] = {
        {"less than was asked for is no failure", alone, {less, bytes}, "a: resume, a: resume"},
        {"a lone one is waited for, longer each time, and then given up",
         alone,
         {busy, busy, busy},
         "a: wait 500, a: wait 1000, a: give up"},
        {"bytes begin the rounds anew",
         alone,
         {busy, busy, cut, busy, busy},
         "a: wait 500, a: wait 1000, a: wait 500, a: wait 1000, a: give up"},
        {"what does not pass is not tried again", alone, {missing}, "a: give up"},
        {"nor what never answered", alone, {gone}, "a: give up"},
        {"but what did", alone, {cut, gone, bytes}, "a: wait 500, a: wait 1000, a: resume"},
        {"the next endpoint is asked at once",
         two,
         {busy, busy, busy, busy, busy},
         "m: another, a: wait 500, m: another, a: wait 1000, m: another"},
        {"each has its turn before there is a delay",
         three,
         {busy, cut, busy, busy, bytes},
         "m: another, n: another, m: another, a: wait 500, n: resume"},
        {"one that has no such blob has no second turn",
         two,
         {missing, busy, busy, busy},
         "m: another, a: wait 500, a: wait 1000, a: give up"},
        {"the failure counts where nobody has it", two, {missing, missing}, "m: another, a: give up"},
        {"a dead mirror is not waited for", two, {gone, busy, bytes}, "m: another, a: wait 500, a: resume"},
    };
    for (const auto &row : table) EXPECT_EQ(turns(row.script, row.endpoints), row.turns) << row.what;
}

TEST(Rotation, GivesUpAServerThatWantsMoreThanPatience) {
    Endpoints endpoints(std::vector<Source::Endpoint>{{"a"}});
    Rotation rotation(endpoints, {5, 1'000, 10'000, 120'000});
    Error error = refused(429);
    for (const auto &[wish, step] : {std::pair(119'000, Rotation::Step::wait), {121'000, Rotation::Step::give_up}}) {
        error.retry_after_ms = wish;
        EXPECT_EQ(rotation.next(), 0U);
        const Rotation::Turn turn = rotation.after(0, {false, error, false}, 0.5);
        EXPECT_EQ(turn.step, step);
        EXPECT_EQ(turn.delay_ms, step == Rotation::Step::wait ? wish : 0);
    }
}

TEST(Rotation, AsksThePreferredOneUnlessItHadItsTurnOrIsDropped) {
    Endpoints endpoints(std::vector<Source::Endpoint>{{"m", true}, {"n", true}, {"a"}});
    Rotation rotation(endpoints, {});
    EXPECT_EQ(rotation.next(1), 1U);
    EXPECT_EQ(rotation.after(1, outcome_of(Came::busy), 0).step, Rotation::Step::another);
    EXPECT_EQ(rotation.next(1), 0U);
    rotation.after(0, outcome_of(Came::cut), 0);
    endpoints.drop(2);
    EXPECT_EQ(rotation.next(2), 1U) << "of two that failed once the idle one";
}

} // namespace
} // namespace ferry::core
