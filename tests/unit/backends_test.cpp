// Which backend serves a host: asked once for each host, made once for each plugin.
#include "core/registry/backends.h"

#include "support/host.h"
#include "support/plugin.h"
#include "support/web.h"

#include <ferry/registry.hpp>

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure_of;
using test::Host;
using testing::ElementsAre;
using testing::HasSubstr;

// What the plugins were asked; one test at a time.
std::vector<std::string> asked, made;

// A plugin that is sure of the hosts that begin with its letter.
template <char Letter> class Claimant final : public ferry::Registry {
public:
    Claimant(ferry::Config, ferry_http) { made.emplace_back(1, Letter); }
    static int claims(ferry::Config, std::string_view host) {
        asked.push_back(std::string(1, Letter) + ' ' + std::string(host));
        return host.starts_with(Letter) ? 100 : host == "nobody" ? 0 : Letter == 'b' ? 2 : 1;
    }
    std::vector<ferry::Reference> normalize(const ferry::Reference &typed) override { return {typed}; }
    std::vector<ferry::Endpoint> endpoints(const ferry::Reference &) override { return {}; }
    ferry::Credential authorize(const ferry::Op &, const ferry::Challenge &) override { return {}; }
};

template <char Letter> constexpr ferry_registry_v1 claimant_table = ferry::registry<Claimant<Letter>>();

template <char Letter> const ferry_plugin &claimant() {
    static const char id[] = {Letter, 0};
    static const ferry_plugin plugin = [] {
        ferry_plugin made_here = test::plugin_over<claimant_table<Letter>>(FERRY_REGISTRY_V1);
        made_here.id = id;
        return made_here;
    }();
    return plugin;
}

class BackendsTest : public testing::Test {
protected:
    BackendsTest() {
        asked.clear();
        made.clear();
    }
    Backends backends(const std::string &wanted = "auto") {
        return Backends(
            {[this] { return ids; },
             [](const std::string &id) -> const ferry_plugin & {
                 if (id == "broken") throw Error(Kind::plugin, "broken cannot be loaded");
                 return id == "a" ? claimant<'a'>() : claimant<'b'>();
             }},
            wanted, [](const ferry_plugin &) { return std::map<std::string, std::string>(); }, client);
    }
    std::vector<std::string> ids = {"a", "b"};
    Host host;
    test::Web web{[](const test::WebRequest &, std::size_t) { return test::WebReply{}; }};
    Client client{web.http(), {}};
};

TEST_F(BackendsTest, TheSurestPluginServesAHostAndIsAskedOnce) {
    Backends some = backends();
    const Backend &first = some.of("a.example:5000", host.log);
    EXPECT_EQ(first.id(), "a");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(&some.of("a.example:5000", host.log), &first);
    EXPECT_THAT(asked, ElementsAre("a a.example:5000", "b a.example:5000"));
    EXPECT_EQ(some.of("b.example", host.log).id(), "b");
    EXPECT_EQ(some.of("other.example", host.log).id(), "b") << "the higher number, whoever comes first";
    EXPECT_EQ(some.of("a.example", host.log).id(), "a");
    EXPECT_EQ(asked.size(), 8U) << "each host is another question";
    EXPECT_THAT(made, ElementsAre("a", "b")) << "each plugin is made once";
}

TEST_F(BackendsTest, TheOneThatTheUserNamesIsNotAsked) {
    Backends some = backends("a");
    EXPECT_EQ(some.of("b.example", host.log).id(), "a");
    EXPECT_TRUE(asked.empty());
}

TEST_F(BackendsTest, OneThatCannotBeLoadedIsPassedOverWithAWarningForEachHost) {
    ids = {"broken", "a"};
    Backends some = backends();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(some.of("x.example", host.log).id(), "a");
    EXPECT_EQ(host.warned("broken cannot be loaded"), 1U);
    EXPECT_EQ(failure_of([&] { backends("broken").of("x.example", host.log); }).kind(), Kind::plugin);
}

TEST_F(BackendsTest, AHostThatNobodyClaimsIsAFailure) {
    Backends some = backends();
    for (int i = 0; i < 2; ++i) {
        const Error e = failure_of([&] { some.of("nobody", host.log); });
        EXPECT_EQ(e.kind(), Kind::plugin);
        EXPECT_THAT(e.message.english(), HasSubstr("claims the host nobody"));
        EXPECT_THAT(e.remedy.english(), HasSubstr("--backend"));
    }
}

} // namespace
} // namespace ferry::core
