// Which endpoint is asked next, and which failure is told: the policy alone, without a repository.
#include "core/registry/failover.h"

#include "support/host.h"

#include <gmock/gmock.h>

#include <map>

namespace ferry::core {
namespace {

using test::Host;
using testing::HasSubstr;

Error passing(std::string message) {
    Error e(FERRY_E_PROTOCOL, std::move(message));
    e.http_status = 503;
    e.retryable = true;
    return e;
}
Error silence(std::string message) {
    Error e(FERRY_E_NETWORK, std::move(message));
    e.retryable = true;
    return e;
}
Error refusal(std::string message) {
    Error e(FERRY_E_FORBIDDEN, std::move(message));
    e.http_status = 403;
    return e;
}

// Endpoints by a letter each: m and n are mirrors, a and b the registry's own. `answers` says what each of their turns
// comes to: '+' an answer, '5' a failure that passes, '-' silence, 'x' a refusal, 'u' something that is of no use.
struct Row {
    const char *what;
    std::string endpoints;
    std::string silent; // before the first turn
    std::map<char, std::string> answers;
    std::string turns; // in capitals those with retries
    std::string told;  // the endpoint whose failure is told; empty: there was an answer, "none": nobody was asked
};

const Row table[] = {
    {"the only endpoint gets all attempts at once", "a", "", {{'a', "+"}}, "A", ""},
    {"the only endpoint, though it was silent", "a", "a", {{'a', "+"}}, "A", ""},
    {"the only endpoint fails once and for all", "a", "", {{'a', "5"}}, "A", "a"},
    {"the first answers", "mna", "", {{'m', "+"}}, "m", ""},
    {"mirrors that refuse give way", "mna", "", {{'m', "x"}, {'n', "x"}, {'a', "+"}}, "mna", ""},
    {"refusals end after one round", "ma", "", {{'m', "x"}, {'a', "x"}}, "ma", "a"},
    {"a failure that passes brings a second round", "ma", "", {{'m', "5+"}, {'a', "5"}}, "maM", ""},
    {"the second round ends it", "ma", "", {{'m', "55"}, {'a', "55"}}, "maMA", "a"},
    {"a silent mirror is left out while others answer", "ma", "", {{'m', "-"}, {'a', "55"}}, "maA", "a"},
    {"a mirror known to be silent waits", "mna", "m", {{'n', "+"}}, "n", ""},
    {"a mirror known to be silent is not asked for a refusal", "ma", "m", {{'a', "xx"}}, "aA", "a"},
    {"all silent: everybody is asked again", "ma", "", {{'m', "-+"}, {'a', "-"}}, "maM", ""},
    {"all silent from the start", "ma", "ma", {{'m', "-"}, {'a', "+"}}, "MA", ""},
    {"a silent endpoint of the registry itself is asked at last",
     "mab",
     "a",
     {{'m', "x"}, {'b', "x"}, {'a', "+"}},
     "mbMA",
     ""},
    {"what is of no use is not asked for twice", "mna", "", {{'m', "u"}, {'n', "5+"}, {'a', "5"}}, "mnaN", ""},
    {"of no use, and the registry silent", "ma", "", {{'m', "u"}, {'a', "--"}}, "maA", "m"},
    {"an answer says more than silence", "mna", "", {{'m', "-"}, {'n', "x"}, {'a', "--"}}, "mnaNA", "n"},
    {"the registry's word is the last", "ma", "", {{'m', "x"}, {'a', "x"}}, "ma", "a"},
    {"the first of two like failures is told", "mn", "", {{'m', "x"}, {'n', "x"}}, "mn", "m"},
};

class Play {
public:
    explicit Play(const Row &row) : left_(row.answers) {
        std::vector<Failover::Endpoint> endpoints;
        for (const char name : row.endpoints) {
            endpoints.push_back({std::string(1, name), name == 'm' || name == 'n'});
            if (row.silent.find(name) != std::string::npos) health.set(std::string(1, name), true);
        }
        Failover failover(endpoints, health);
        try {
            failover.ask_in_turn(host.operation, "team/app", [&](std::size_t endpoint, Attempts attempts) {
                const char name = row.endpoints[endpoint];
                turns += attempts == Attempts::one ? name : static_cast<char>(name - 32);
                return answer(name);
            });
        } catch (const Error &e) {
            told = e;
        }
    }

    Host host;
    Health health;
    std::string turns;
    std::optional<Error> told;

private:
    int answer(char name) {
        std::string &left = left_[name];
        const char what = left.empty() ? 'x' : left.front();
        if (!left.empty()) left.erase(0, 1);
        const std::string text = std::string(1, name) + " fails";
        switch (what) {
        case '+': return 1;
        case '5': throw passing(text);
        case '-': throw silence(text);
        case 'u': throw UnusableAnswer{Error(Kind::not_found, text)};
        default: throw refusal(text);
        }
    }
    std::map<char, std::string> left_;
};

TEST(Failover, FollowsItsTable) {
    for (const Row &row : table) {
        SCOPED_TRACE(row.what);
        const Play play(row);
        EXPECT_EQ(play.turns, row.turns);
        EXPECT_EQ(play.told.has_value(), !row.told.empty());
        EXPECT_THAT(play.told.value_or(Error(Kind::other, " fails")).message.english(),
                    testing::StartsWith(row.told + " fails"));
    }
}

TEST(Failover, NamesTheMirrorsBesideTheRegistrysRefusal) {
    const Play play({"", "mna", "", {{'m', "x"}, {'n', "x"}, {'a', "x"}}, "", ""});
    EXPECT_EQ(play.told->message.english(), "a fails (mirrors asked before: m, n)");
    EXPECT_EQ(play.host.warned("m fails; asking n"), 1U);
    EXPECT_EQ(play.host.warned("n fails; asking a"), 1U);
    EXPECT_EQ(play.host.warnings().find("asking m"), std::string::npos);
}

TEST(Failover, KeepsTheHealthOfHosts) {
    const Play play({"", "mna", "n", {{'m', "-"}, {'a', "+"}}, "", ""});
    EXPECT_TRUE(play.health.silent("m")) << "it did not answer";
    EXPECT_TRUE(play.health.silent("n")) << "it was not asked";
    EXPECT_FALSE(play.health.silent("a"));
    const Play revived({"", "a", "a", {{'a', "+"}}, "", ""});
    EXPECT_FALSE(revived.health.silent("a")) << "it answers again";
}

TEST(Failover, EndsAtOnceWhereTheUserInterrupts) {
    Health health;
    Host host;
    Failover failover({{"m", true}, {"a", false}}, health);
    int asked = 0;
    const auto ask = [&](std::size_t, Attempts) -> int {
        ++asked;
        throw Error(Kind::interrupted, "stop");
    };
    EXPECT_EQ(test::failure_of([&] { failover.ask_in_turn(host.operation, "x", ask); }).kind(), Kind::interrupted);
    EXPECT_EQ(asked, 1);
}

TEST(Failover, SaysSoWhereNobodyIsAsked) {
    Health health;
    Failover failover({}, health);
    EXPECT_FALSE(failover.next());
    EXPECT_THAT(failover.verdict("a/team/app").message.english(), HasSubstr("no endpoint of a/team/app answers"));
}

} // namespace
} // namespace ferry::core
