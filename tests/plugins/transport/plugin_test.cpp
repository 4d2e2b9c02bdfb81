// The built libraries, loaded as a host loads them, used through nothing but the C tables.
#include "support/operation.h"
#include "support/output.h"
#include "support/request.h"
#include "support/server.h"

#include <ferry/transport.hpp>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

using namespace ferry;
using namespace ferry::test;
using testing::HasSubstr;

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

struct Settings {
    explicit Settings(Values given) : values(std::move(given)) {
        config.struct_size = sizeof config;
        config.host_data = this;
        config.get = [](const ferry_config *self, ferry_str key, ferry_str *value) noexcept -> std::int32_t {
            const auto &all = static_cast<const Settings *>(self->host_data)->values;
            const auto found = all.find(view(key));
            if (found == all.end()) return 0;
            *value = raw(found->second);
            return 1;
        };
    }
    Values values;
    ferry_config config{};
};

// Never unloaded, as the contract says.
const ferry_plugin &load(const char *file) {
    void *library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(::dlerror());
    return *static_cast<const ferry_plugin *>(::dlsym(library, FERRY_PLUGIN_SYMBOL));
}

class Plugin : public testing::TestWithParam<std::pair<const char *, const char *>> {
protected:
    const ferry_plugin &plugin = load(GetParam().second);
    const ferry_transport_v1 *table = static_cast<const ferry_transport_v1 *>(plugin.get_interface(FERRY_TRANSPORT_V1));
};

} // namespace

TEST_P(Plugin, ExportsOneSymbolAndNoMore) {
    std::istringstream lines(output_of(std::string(FERRY_NM) + " -D --defined-only " + GetParam().second));
    std::vector<std::string> symbols;
    for (std::string address, type, name; lines >> address >> type >> name;)
        if (type != "A") symbols.push_back(name.substr(0, name.find('@'))); // A: the symbol version's own name
    EXPECT_THAT(symbols, testing::ElementsAre(FERRY_PLUGIN_SYMBOL));
}

TEST_P(Plugin, CarriesItsManifestWhereItCanBeReadWithoutLoading) {
    std::ifstream file(GetParam().second, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_NE(bytes.find(plugin.manifest), std::string::npos);
    EXPECT_NE(bytes.find(std::string("\0.ferry\0", 8)), std::string::npos) << "no section of that name";
    EXPECT_THAT(plugin.manifest, testing::StartsWith(FERRY_MANIFEST_HEAD));
    EXPECT_THAT(plugin.manifest, HasSubstr("\ninterface " FERRY_TRANSPORT_V1 "\n"));
}

TEST_P(Plugin, DescribesItself) {
    EXPECT_EQ(plugin.magic, FERRY_PLUGIN_MAGIC);
    EXPECT_STREQ(plugin.id, GetParam().first);
    EXPECT_EQ(plugin.get_interface("ferry.packer/1"), nullptr);
    ASSERT_NE(table, nullptr);
    EXPECT_TRUE(table->flags & FERRY_TRANSPORT_BOTTOM);
    std::vector<std::string> keys;
    for (const ferry_option *option = plugin.options; option->key; ++option) keys.push_back(option->key);
    EXPECT_THAT(keys, testing::IsSupersetOf({"insecure", "ca_cert", "client_cert", "client_key"}));
}

TEST_P(Plugin, MakesAnExchange) {
    Server server({always("body", "X: y\r\n")});
    const Settings settings(Values{});
    ferry_http http{};
    ferry_error error = blank_error();
    ASSERT_EQ(table->create(&settings.config, {}, &http, &error), FERRY_OK) << error.message;
    const std::string url = server.url("/x");
    ferry_request request = get_request(url);
    Operation op;
    {
        const auto response = ferry::open(http, op, request);
        EXPECT_EQ(response->status(), 200);
        EXPECT_EQ(response->header("x"), "y");
        EXPECT_EQ(read_all(*response, op, 100), "body");
    }
    const std::string bad = "http://user:secret@h/";
    request.url = raw(bad);
    ferry_response *response = nullptr;
    EXPECT_EQ(http.table->open(http.self, op.c(), &request, &response, &error), FERRY_E_INVALID);
    EXPECT_EQ(response, nullptr);
    EXPECT_THAT(error.message, testing::Not(HasSubstr("secret")));
    table->destroy(http);
}

TEST_P(Plugin, RefusesOptionsThatCannotBeMeant) {
    const struct { const char *key, *value; } rows[] = {{"insecure", "perhaps"}, {"ca_cert", "/nowhere.pem"}};
    for (const auto &row : rows) {
        const Settings settings(Values{{row.key, row.value}});
        ferry_http http{};
        ferry_error error = blank_error();
        EXPECT_EQ(table->create(&settings.config, {}, &http, &error), FERRY_E_INVALID);
        EXPECT_THAT(error.message, HasSubstr(row.value));
    }
}

INSTANTIATE_TEST_SUITE_P(Built, Plugin,
                         testing::Values(std::pair{"direct", FERRY_DIRECT}, std::pair{"proxy", FERRY_PROXY}),
                         [](const auto &each) { return each.param.first; });

TEST(ProxyPlugin, TakesItsRulesFromItsOptionsAndLogsTheChoice) {
    Server near({always("near")}), far({always("far")});
    const ferry_plugin &plugin = load(FERRY_PROXY);
    const auto *table = static_cast<const ferry_transport_v1 *>(plugin.get_interface(FERRY_TRANSPORT_V1));
    const std::string proxy = "http://user:secret@127.0.0.1:" + std::to_string(far.port());
    const Settings settings(
        Values{{"http_proxy", proxy}, {"no_proxy", "localhost"}, {"registry_proxy", "127.0.0.1=" + proxy}});
    ferry_http http{};
    ferry_error error = blank_error();
    ASSERT_EQ(table->create(&settings.config, {}, &http, &error), FERRY_OK) << error.message;
    Operation op;
    for (const auto &[host, body] :
         {std::pair{"localhost", "near"}, std::pair{"127.0.0.1", "far"}, std::pair{"far.test", "far"}}) {
        const std::string url = near.url("/", host);
        const ferry_request request = get_request(url);
        EXPECT_EQ(read_all(*ferry::open(http, op, request), op, 100), body);
    }
    ASSERT_EQ(op.log().size(), 3u);
    const std::string shown = "through the proxy http://127.0.0.1:" + std::to_string(far.port());
    EXPECT_THAT(op.log()[0], HasSubstr("no proxy (NO_PROXY names it)"));
    EXPECT_THAT(op.log()[1], HasSubstr(shown + " (it is assigned to this server)"));
    EXPECT_THAT(op.log()[2], HasSubstr(shown + " (it is the proxy of this scheme)"));
    for (const std::string &line : op.log()) EXPECT_THAT(line, testing::Not(HasSubstr("secret")));
    table->destroy(http);
}

TEST(ThrottlePlugin, PassesEverythingOnAndNeedsARateAndATransportBelow) {
    Server server({always(std::string(100'000, 'x'), "X: y\r\n")});
    const auto *direct = static_cast<const ferry_transport_v1 *>(load(FERRY_DIRECT).get_interface(FERRY_TRANSPORT_V1));
    const auto *table = static_cast<const ferry_transport_v1 *>(load(FERRY_THROTTLE).get_interface(FERRY_TRANSPORT_V1));
    EXPECT_FALSE(table->flags & FERRY_TRANSPORT_BOTTOM);
    const Settings none(Values{}), bad(Values{{"limit_rate", "fast"}}), good(Values{{"limit_rate", "1G"}});
    ferry_http below{}, http{};
    ferry_error error = blank_error();
    ASSERT_EQ(direct->create(&none.config, {}, &below, &error), FERRY_OK) << error.message;
    EXPECT_EQ(table->create(&none.config, below, &http, &error), FERRY_E_INVALID);
    EXPECT_THAT(error.message, HasSubstr("--limit-rate 5M"));
    EXPECT_EQ(table->create(&bad.config, below, &http, &error), FERRY_E_INVALID);
    EXPECT_THAT(error.message, HasSubstr("not 'fast'"));
    EXPECT_EQ(table->create(&good.config, {}, &http, &error), FERRY_E_INVALID);
    ASSERT_EQ(table->create(&good.config, below, &http, &error), FERRY_OK) << error.message;
    const std::string url = server.url("/");
    const ferry_request request = get_request(url);
    Operation op;
    {
        const auto response = ferry::open(http, op, request);
        EXPECT_EQ(response->status(), 200);
        EXPECT_EQ(response->header("x"), "y");
        EXPECT_EQ(read_all(*response, op, 1 << 20).size(), 100'000u);
    }
    table->destroy(http);
    // So slow that only a cancellation ends it.
    const Settings slow(Values{{"limit_rate", "1"}});
    ASSERT_EQ(table->create(&slow.config, below, &http, &error), FERRY_OK) << error.message;
    {
        const auto response = ferry::open(http, op, request);
        char buffer[4096];
        response->read(op, buffer, sizeof buffer);
        op.cancel_at_wait();
        try {
            for (;;) response->read(op, buffer, sizeof buffer);
        } catch (const Error &e) {
            EXPECT_EQ(e.code, FERRY_E_CANCELLED);
        }
    }
    table->destroy(http);
    direct->destroy(below);
}
