#include "core/transfer/endpoints.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferry::core {
namespace {

// How an endpoint has done so far, in its own history.
struct Past {
    bool mirror = false;
    int active = 0;
    int failures = 0;
    bool dropped = false;
    bool silent = false;
};

Endpoints after(const std::vector<Past> &pasts) {
    std::vector<Source::Endpoint> known;
    for (const Past &past : pasts) known.push_back({"host" + std::to_string(known.size()), past.mirror, past.silent});
    Endpoints endpoints(known);
    for (std::size_t i = 0; i < pasts.size(); ++i) {
        for (int n = 0; n < pasts[i].failures; ++n) {
            endpoints.begin(i);
            endpoints.end(i, {false, Error(Kind::network, "gone"), false});
        }
        for (int n = 0; n < pasts[i].active; ++n) endpoints.begin(i);
    }
    for (std::size_t i = 0; i < pasts.size(); ++i)
        if (pasts[i].dropped) {
            EXPECT_TRUE(endpoints.drop(i));
        }
    return endpoints;
}

TEST(Endpoints, ChooseByTheirTable) {
    const auto mirror = [](int active = 0, int failures = 0, bool dropped = false) {
        return Past{true, active, failures, dropped};
    };
    const auto home = [](int active = 0, int failures = 0, bool dropped = false) {
        return Past{false, active, failures, dropped};
    };
    const Past silent{true, 0, 0, false, true};
    const struct {
        const char *what;
        std::vector<Past> endpoints;
        std::vector<bool> tried;
        int chosen;
    } table[] = {
        {"none", {}, {}, -1},
        {"the only one", {home()}, {}, 0},
        {"the only one, busy and failing", {home(9, 9)}, {false}, 0},
        {"a mirror before the registry", {home(), mirror()}, {}, 1},
        {"a busy mirror before the idle registry", {mirror(8), home()}, {}, 0},
        {"the earlier of two", {mirror(), mirror(), home()}, {}, 0},
        {"the idler of two", {mirror(2), mirror(1), home()}, {}, 1},
        {"one without failures", {mirror(0, 1), mirror(5), home()}, {}, 1},
        {"not the one tried", {mirror(), mirror(), home()}, {true, false, false}, 1},
        {"the registry when all mirrors are tried", {mirror(), mirror(), home()}, {true, true, false}, 2},
        {"not the one dropped", {mirror(0, 0, true), mirror(3), home()}, {}, 1},
        {"the registry when all mirrors are dropped", {mirror(0, 0, true), home(4, 4)}, {}, 1},
        {"the registry before a silent mirror", {silent, home(4, 4)}, {}, 1},
        {"a silent mirror when nothing else is left", {silent, home()}, {false, true}, 0},
        {"nothing when all are tried", {mirror(), home()}, {true, true}, -1},
        {"nothing when all are tried or dropped", {mirror(0, 0, true), home()}, {false, true}, -1},
    };
    for (const auto &row : table) {
        const auto chosen = after(row.endpoints).choose(row.tried);
        EXPECT_EQ(chosen ? static_cast<int>(*chosen) : -1, row.chosen) << row.what;
    }
}

TEST(Endpoints, ForgiveAFailureWhenBytesCome) {
    Endpoints endpoints = after({{true, 0, 3}, {true, 0, 1}});
    EXPECT_EQ(endpoints.choose(), 1U);
    endpoints.begin(0);
    endpoints.end(0, {true, Error(Kind::network, "cut"), false});
    EXPECT_EQ(endpoints.choose({false, true}), 0U);
    EXPECT_EQ(endpoints.choose(), 0U) << "one failure each, and the earlier one";
    EXPECT_TRUE(endpoints.has_answered(0));
    EXPECT_FALSE(endpoints.has_answered(1));
}

TEST(Endpoints, AskASilentOneLastUntilItBringsBytes) {
    Endpoints endpoints = after({{true}, {false}});
    endpoints.begin(0);
    endpoints.end(0, {false, Error(Kind::network, "no connection"), true});
    EXPECT_EQ(endpoints.choose(), 1U);
    endpoints.begin(0);
    endpoints.end(0, {true, {}, false});
    EXPECT_EQ(endpoints.choose(), 0U);
}

TEST(Endpoints, DropAllButTheLast) {
    Endpoints endpoints = after({{true}, {true}, {false}});
    EXPECT_TRUE(endpoints.drop(1));
    EXPECT_FALSE(endpoints.drop(1)) << "it was dropped before";
    EXPECT_TRUE(endpoints.drop(2));
    EXPECT_FALSE(endpoints.drop(0)) << "somebody has to be asked";
    EXPECT_EQ(endpoints.choose(), 0U);
}

} // namespace
} // namespace ferry::core
