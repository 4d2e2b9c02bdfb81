#include <ferry/kit/url.hpp>

#include <gtest/gtest.h>

namespace ferry::kit {
namespace {

TEST(Url, IsSplitWithoutChangingItsTarget) {
    const struct {
        const char *text, *scheme, *host;
        int port;
        const char *target;
    } table[] = {
        {"https://a.example/x", "https", "a.example", 443, "/x"},
        {"HTTP://A.Example:5000", "http", "a.example", 5000, "/"},
        {"http://a:/x", "http", "a", 80, "/x"},
        {"https://[FE80::1%eth0]:81?q", "https", "fe80::1%eth0", 81, "/?q"},
        {"https://a/b%2Fc?sig=a%2Fb%3D&x=+%20#part", "https", "a", 443, "/b%2Fc?sig=a%2Fb%3D&x=+%20"},
        {"https://a/x@y:z", "https", "a", 443, "/x@y:z"},
    };
    for (const auto &[text, scheme, host, port, target] : table) {
        const auto url = Url::parse(text);
        ASSERT_TRUE(url) << text;
        EXPECT_EQ(url->scheme, scheme);
        EXPECT_EQ(url->host, host);
        EXPECT_EQ(url->port, port);
        EXPECT_EQ(url->target, target);
    }
}

TEST(Url, IsJoinedWithoutTheSchemesOwnPort) {
    for (const char *text : {"https://a/x", "http://[::1]:5000/v2/", "http://a:443/", "https://a/?b"})
        EXPECT_EQ(Url::parse(text)->str(), text);
    EXPECT_EQ(Url::parse("https://a:443/x")->str(), "https://a/x");
    EXPECT_EQ(Url::parse("http://a:80")->origin(), "http://a");
    EXPECT_EQ(Url().authority(), "");
}

TEST(Url, FaultsAreNamed) {
    const std::string long_host = "http://" + std::string(256, 'a');
    const std::pair<std::string, UrlFault> table[] = {
        {"http://a b/", UrlFault::character},
        {"http://a/\x7f", UrlFault::character},
        {"", UrlFault::relative},
        {"a.example/x", UrlFault::relative},
        {"ftp://a/", UrlFault::scheme},
        {"://a/", UrlFault::scheme},
        {"http://user@a/", UrlFault::login},
        {"http://evil\\@a/", UrlFault::login},
        {"http:///x", UrlFault::no_host},
        {"http://:80/", UrlFault::no_host},
        {"http://[::1", UrlFault::open_bracket},
        {"http://[::1]x", UrlFault::after_bracket},
        {"http://[1.2.3.4]/", UrlFault::ipv6},
        {"http://[::1$]/", UrlFault::ipv6},
        {"http://[::1%/]", UrlFault::open_bracket},
        {"http://%31%32%37.0.0.1/", UrlFault::host},
        {"http://a\\b/", UrlFault::host},
        {long_host, UrlFault::host},
        {"http://a:0/", UrlFault::port},
        {"http://a:65536/", UrlFault::port},
        {"http://a:+1/", UrlFault::port},
        {"http://a:1:2/", UrlFault::port},
    };
    for (const auto &[text, expected] : table) {
        UrlFault fault{};
        EXPECT_FALSE(Url::parse(text, fault)) << text;
        EXPECT_EQ(fault, expected) << text;
    }
}

TEST(HostPort, IsReadAndJoined) {
    UrlFault fault{};
    for (const char *text : {"a", "a.example:5000", "[::1]", "[::1]:5000", "10.0.0.1:1"}) {
        const auto one = parse_host_port(text, fault);
        ASSERT_TRUE(one) << text;
        EXPECT_EQ(join_host_port(one->host, one->port), text);
    }
    EXPECT_EQ(parse_host_port("a:", fault)->port, 0);
    EXPECT_FALSE(parse_host_port("::1", fault));
}

TEST(RegistryAddress, HasItsSchemeApartFromItsName) {
    const struct {
        const char *text, *scheme, *name, *base_url;
    } table[] = {
        {"registry.example", "", "registry.example", "https://registry.example"},
        {"Registry.example:5000/", "", "Registry.example:5000", "https://Registry.example:5000"},
        {"http://[::1]:5000", "http", "[::1]:5000", "http://[::1]:5000"},
        {"HTTPS://a//", "https", "a", "https://a"},
    };
    for (const auto &[text, scheme, name, base_url] : table) {
        UrlFault fault{};
        const auto address = RegistryAddress::parse(text, fault);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->scheme, scheme);
        EXPECT_EQ(address->str(), name);
        EXPECT_EQ(address->base_url(), base_url);
        EXPECT_EQ(RegistryAddress::parse(address->typed(), fault), address);
    }
}

TEST(RegistryAddress, IsAHostAndNothingElse) {
    const std::pair<const char *, UrlFault> table[] = {
        {"", UrlFault::no_host},           {"http://", UrlFault::no_host},  {"ftp://a", UrlFault::scheme},
        {"me:secret@a", UrlFault::login},  {"a/b", UrlFault::host},         {"a:x", UrlFault::port},
        {"http://a/team", UrlFault::host}, {"[::1", UrlFault::open_bracket}};
    for (const auto &[text, expected] : table) {
        UrlFault fault{};
        EXPECT_FALSE(RegistryAddress::parse(text, fault)) << text;
        EXPECT_EQ(fault, expected) << text;
    }
}

} // namespace
} // namespace ferry::kit
