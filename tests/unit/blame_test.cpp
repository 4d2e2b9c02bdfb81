#include "core/transfer/blame.h"

#include <gmock/gmock.h>

#include <vector>

namespace ferry::core {
namespace {

using testing::IsEmpty;

const std::vector<Source::Endpoint> alone = {{"a"}}, three = {{"m", true}, {"n", true}, {"a"}};
constexpr std::size_t m = 0, n = 1, a = 2;

TEST(Blame, OfOneEndpointCountsTheTries) {
    Endpoints endpoints(alone);
    Blame blame(endpoints, 2);
    EXPECT_FALSE(blame.asks_who());
    for (const bool last : {false, false, true}) {
        const Blame::Verdict verdict = blame.wrong();
        EXPECT_FALSE(verdict.endpoint);
        EXPECT_FALSE(verdict.dropped);
        EXPECT_EQ(verdict.give_up, last);
    }
    EXPECT_THAT(blame.right(), IsEmpty());
}

TEST(Blame, DropsAnEndpointThatSentAllOfIt) {
    Endpoints endpoints(three);
    Blame blame(endpoints, 0);
    EXPECT_TRUE(blame.asks_who());
    for (const std::size_t guilty : {m, n}) {
        for (std::uint64_t chunk = 0; chunk < 3; ++chunk) blame.sent(chunk, 7, guilty);
        const Blame::Verdict verdict = blame.wrong();
        EXPECT_EQ(verdict.endpoint, guilty);
        EXPECT_TRUE(verdict.dropped);
        EXPECT_FALSE(verdict.give_up) << "one endpoint less is an improvement";
    }
    EXPECT_EQ(blame.single(), a);
    blame.sent(0, 7, a);
    const Blame::Verdict last = blame.wrong();
    EXPECT_EQ(last.endpoint, a);
    EXPECT_FALSE(last.dropped) << "somebody has to be asked";
    EXPECT_TRUE(last.give_up);
}

TEST(Blame, FindsTheGuiltyOneAmongSeveralByWhatIsRight) {
    struct Sent {
        std::uint32_t crc;
        std::optional<std::size_t> endpoint;
    };
    const struct {
        const char *what;
        std::vector<Sent> first, second;
        std::vector<std::size_t> guilty;
    } table[] = {
        {"one of two", {{1, m}, {2, n}, {3, a}}, {{1, a}, {9, a}, {3, a}}, {n}},
        {"both", {{1, m}, {2, n}, {3, a}}, {{8, a}, {9, a}, {3, a}}, {m, n}},
        {"a chunk of several says nothing", {{1, m}, {2, {}}, {3, n}}, {{1, a}, {9, a}, {3, a}}, {}},
        {"nor one that nobody knows", {{1, m}, {2, n}, {3, a}}, {{1, a}}, {}},
        {"the last one left stays", {{1, m}, {2, n}, {3, a}}, {{7, a}, {8, a}, {9, a}}, {m, n}},
    };
    for (const auto &row : table) {
        SCOPED_TRACE(row.what);
        Endpoints endpoints(three);
        Blame blame(endpoints, 2);
        const auto send = [&](const std::vector<Sent> &chunks) {
            for (std::uint64_t chunk = 0; chunk < chunks.size(); ++chunk)
                blame.sent(chunk, chunks[chunk].crc, chunks[chunk].endpoint);
        };
        send(row.first);
        const Blame::Verdict verdict = blame.wrong();
        EXPECT_FALSE(verdict.endpoint);
        EXPECT_FALSE(verdict.dropped);
        EXPECT_TRUE(blame.single()) << "the next try comes from one of them";
        send(row.second);
        EXPECT_EQ(blame.right(), row.guilty);
        for (const std::size_t endpoint : {m, n, a})
            EXPECT_EQ(endpoints.is_dropped(endpoint),
                      std::find(row.guilty.begin(), row.guilty.end(), endpoint) != row.guilty.end());
    }
}

TEST(Blame, NamesNobodyWhereAllWasRight) {
    Endpoints endpoints(three);
    Blame blame(endpoints, 2);
    blame.sent(0, 1, m);
    blame.sent(1, 2, n);
    EXPECT_THAT(blame.right(), IsEmpty());
    EXPECT_FALSE(blame.single());
}

} // namespace
} // namespace ferry::core
