// What the user said about the way to registries, as pure functions.
#include "core/registry/access.h"
#include "core/registry/transports.h"
#include "support/host.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure_of;
using testing::HasSubstr;

bool throttles(const std::string &id) {
    return id == "throttle" || id == "own-brake";
}

TEST(Transports, AreThoseAskedForOrTheOnesThatTheProxyNeeds) {
    const struct {
        std::vector<std::string> wanted;
        PluginOptions options;
        const char *chosen;
    } table[] = {
        {{}, {}, "transport: direct (no proxy is set)"},
        {{}, {{"http_proxy", "http://p:1"}}, "transport: proxy (http_proxy is set)"},
        {{}, {{"https_proxy", "http://p:1"}}, "transport: proxy (https_proxy is set)"},
        {{}, {{"all_proxy", "http://p:1"}}, "transport: proxy (all_proxy is set)"},
        {{}, {{"registry_proxy", "a=direct"}, {"all_proxy", "x"}}, "transport: proxy (registry_proxy is set)"},
        {{}, {{"http_proxy", ""}}, "transport: direct (no proxy is set)"},
        {{}, {{"no_proxy", "a"}}, "transport: direct (no proxy is set)"},
        {{"direct"}, {{"http_proxy", "http://p:1"}}, "transport: direct (as asked for)"},
        {{}, {{"limit_rate", "1M"}}, "transport: throttle,direct (no proxy is set)"},
        {{}, {{"limit_rate", "1M"}, {"all_proxy", "x"}}, "transport: throttle,proxy (all_proxy is set)"},
        {{"throttle", "direct"}, {{"limit_rate", "1M"}}, "transport: throttle,direct (as asked for)"},
        {{"own-brake"}, {{"limit_rate", "1M"}}, "transport: own-brake (as asked for)"},
        {{"mine"}, {{"limit_rate", "1M"}}, "transport: throttle,mine (as asked for)"},
        {{"mine"}, {{"limit_rate", ""}}, "transport: mine (as asked for)"},
    };
    for (const auto &[wanted, options, chosen] : table) {
        AccessRequest request;
        request.transports = wanted;
        request.shared_options = options;
        EXPECT_EQ(choose_transports(request, throttles).str(), chosen);
    }
}

TEST(Transports, HaveToKnowWhatTheUserSaidAboutTls) {
    for (const char *key :
         {"ca_cert", "client_cert", "client_key", "certs_dir", "min_tls", "insecure", "insecure_hosts"}) {
        AccessRequest request;
        request.shared_options = {{key, "x"}, {"http_proxy", "y"}};
        EXPECT_NO_THROW(check_tls_options(request, "direct", [](const std::string &) { return true; }));
        const Error e = failure_of([&] {
            check_tls_options(request, "mine", [](const std::string &known) { return known == "http_proxy"; });
        });
        EXPECT_EQ(e.kind(), Kind::usage);
        EXPECT_THAT(e.message.english(), HasSubstr("the transport mine does not know " + std::string(key)));
        request.shared_options[key] = "";
        EXPECT_NO_THROW(check_tls_options(request, "mine", [](const std::string &) { return false; }));
    }
}

TEST(Transports, CallOptionsAsTheUserGaveThem) {
    const std::map<std::string, std::string> names = {{"http_proxy", "--proxy"},
                                                      {"registry_proxy", "--registry-proxy"}};
    EXPECT_EQ(in_users_words("http_proxy: 'x' is not a URL", names), "--proxy: 'x' is not a URL");
    EXPECT_EQ(in_users_words("my_http_proxy and http_proxy_2, but http_proxy", names),
              "my_http_proxy and http_proxy_2, but --proxy");
    EXPECT_EQ(in_users_words("registry_proxy", names), "--registry-proxy") << "not renamed within itself";
    EXPECT_EQ(in_users_words("nothing of it", {}), "nothing of it");
}

TEST(OwnOptions, OfTheCommandComeBeforeThoseOfTheSettingsFile) {
    AccessRequest request;
    request.plugin_options["harbor"] = {{"project", "said"}};
    request.usual_options["harbor"] = {{"project", "usual"}, {"timeout", "3"}};
    EXPECT_EQ(own_options(request, "harbor"), (PluginOptions{{"project", "said"}, {"timeout", "3"}}));
    EXPECT_TRUE(own_options(request, "v2").empty());
}

TEST(LoginRegistry, IsTheOneOfDashROrTheOnlyOneThatIsNamed) {
    const auto references = [](const std::vector<std::string> &names) {
        std::vector<Reference> out;
        for (const std::string &name : names) out.push_back(parse_reference(name, "default.example"));
        return out;
    };
    const Credentials me{"me", "secret", ""};
    const struct {
        std::vector<std::string> names;
        const char *registry;
    } table[] = {{{}, ""},
                 {{"app"}, "default.example"},
                 {{"a.example/app"}, "a.example"},
                 {{"a.example/app", "a.example/other"}, "a.example"},
                 {{"a.example/app", "app"}, "default.example"},
                 {{"http://a.example/app"}, "http://a.example"}};
    for (const auto &[names, registry] : table) {
        EXPECT_EQ(login_registry(me, references(names)).typed(), registry);
        EXPECT_EQ(login_registry({}, references(names)).host, "") << "nobody";
    }
    const Error e = failure_of([&] { login_registry(me, references({"a.example/app", "b.example/app"})); });
    EXPECT_EQ(e.kind(), Kind::usage);
    EXPECT_THAT(e.message.english(), HasSubstr("a.example and b.example"));
    EXPECT_EQ(login_registry({}, references({"a.example/app", "b.example/app"})).host, "");
    EXPECT_EQ(login_registry(me, references({"https://a.example/app", "a.example/app"})).host, "a.example");
}

} // namespace
} // namespace ferry::core
