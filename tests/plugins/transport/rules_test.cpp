// Policy as tables: URLs, proxies, NO_PROXY.
#include "transport/proxy_rules.h"
#include "transport/trust.h"
#include "transport/url.h"

#include <ferry/ferry.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

using namespace ferry;
using namespace ferry::net;
using testing::HasSubstr;
using testing::Not;

TEST(Url, KeepsPathAndQueryToTheByte) {
    const Url url = split_url("https://CDN.example/a%2Fb/c%2Bd//e/../f?X=%7e&Y=a+b?c#part");
    EXPECT_EQ(url.target, "/a%2Fb/c%2Bd//e/../f?X=%7e&Y=a+b?c");
    EXPECT_EQ(url.host, "cdn.example");
}

TEST(Url, SplitsSchemeHostAndPort) {
    const struct {
        const char *text, *scheme, *host;
        int port;
        const char *authority, *target;
    } rows[] = {
        {"http://h", "http", "h", 80, "h", "/"},
        {"HTTP://h:80/x", "http", "h", 80, "h", "/x"},
        {"https://h:80/x", "https", "h", 80, "h:80", "/x"},
        {"https://h?q", "https", "h", 443, "h", "/?q"},
        {"https://h:/x", "https", "h", 443, "h", "/x"},
        {"http://127.0.0.1:5000/v2/", "http", "127.0.0.1", 5000, "127.0.0.1:5000", "/v2/"},
        {"http://[::1]:5000/v2/", "http", "::1", 5000, "[::1]:5000", "/v2/"},
        {"https://[2001:DB8::1]/", "https", "2001:db8::1", 443, "[2001:db8::1]", "/"},
        {"http://[fe80::1%eth0]:5000/", "http", "fe80::1%eth0", 5000, "[fe80::1]:5000", "/"},
        {"http://under_score.local/", "http", "under_score.local", 80, "under_score.local", "/"},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.text);
        const Url url = split_url(row.text);
        EXPECT_EQ(url.scheme, row.scheme);
        EXPECT_EQ(url.host, row.host);
        EXPECT_EQ(url.port, row.port);
        EXPECT_EQ(url.authority, row.authority);
        EXPECT_EQ(url.target, row.target);
    }
}

TEST(Url, RefusesWhatCannotBeMeant) {
    for (const char *text :
         {"", "h/x", "//h/x", "ftp://h/", "http://", "http:///x", "http://u:p@h/", "http://h:0/", "http://h:65536/",
          "http://h:1x/", "http://h h/", "http://h/a b", "http://h/\r\nX: y", "http://[::1/", "http://[::1]x/",
          "http://[name]/", "http://[::zz]/", "http://h\"/", "http://a:b:c/"}) {
        SCOPED_TRACE(text);
        try {
            split_url(text);
            ADD_FAILURE() << "accepted";
        } catch (const Error &error) {
            EXPECT_EQ(error.code, FERRY_E_INVALID);
            EXPECT_THAT(error.message, Not(HasSubstr("u:p")));
        }
    }
}

TEST(ProxyRules, ExceptionsMatchAsInGo) {
    const struct {
        const char *list, *host;
        int port;
        bool direct;
    } rows[] = {
        {"", "registry.example", 443, false},
        {"*", "registry.example", 443, true},
        {"registry.example", "registry.example", 443, true},
        {"REGISTRY.Example", "registry.example", 443, true},
        {"registry.example", "Registry.Example.", 443, true},
        {"example", "registry.example", 443, true},
        {"example", "registryexample", 443, false},
        {"gistry.example", "registry.example", 443, false},
        {".example", "registry.example", 443, true},
        {".registry.example", "registry.example", 443, false},
        {"*.example", "registry.example", 443, true},
        {"*.registry.example", "registry.example", 443, false},
        {"a, registry.example ,b", "registry.example", 443, true},
        {"a registry.example b", "registry.example", 443, true},
        {",, ,", "registry.example", 443, false},
        {"registry.example:443", "registry.example", 443, true},
        {"registry.example:5000", "registry.example", 443, false},
        {".example:443", "registry.example", 443, true},
        {".example:80", "registry.example", 443, false},
        {"registry.example:x", "registry.example", 443, false},
        {"127.0.0.1", "127.0.0.1", 5000, true},
        {"127.0.0.1", "127.0.0.2", 5000, false},
        {"127.0.0.1:5000", "127.0.0.1", 5000, true},
        {"127.0.0.1:5001", "127.0.0.1", 5000, false},
        {"10.0.0.0/8", "10.1.2.3", 443, true},
        {"10.0.0.0/8", "11.1.2.3", 443, false},
        {"192.168.4.0/22", "192.168.7.255", 443, true},
        {"192.168.4.0/22", "192.168.8.0", 443, false},
        {"0.0.0.0/0", "8.8.8.8", 443, true},
        {"0.0.0.0/0", "registry.example", 443, false},
        {"0.0.0.0/0", "::1", 443, false},
        {"10.0.0.0/33", "10.0.0.1", 443, false},
        {"10.0.0.0/", "10.0.0.1", 443, false},
        {"::1", "::1", 443, true},
        {"[::1]", "::1", 443, true},
        {"[::1]:443", "::1", 443, true},
        {"[::1]:80", "::1", 443, false},
        {"0:0:0:0:0:0:0:1", "::1", 443, true},
        {"fd00::/8", "fd12:3456::1", 443, true},
        {"fd00::/8", "fe80::1", 443, false},
        {"10.0.0.0/8", "::ffff:10.0.0.1", 443, true},
        {"localhost", "localhost", 5000, true},
        // Loopback goes through the proxy unless the list says otherwise, as in curl.
        {"", "localhost", 5000, false},
        {"", "127.0.0.1", 5000, false},
    };
    ProxyRules rules;
    rules.all = parse_proxy("http://proxy:3128", "all_proxy");
    for (const auto &row : rows) {
        SCOPED_TRACE(std::string(row.list) + " / " + row.host);
        rules.exceptions = parse_exceptions(row.list);
        EXPECT_EQ(choose(rules, "https", row.host, static_cast<std::uint16_t>(row.port)) == nullptr, row.direct);
    }
}

TEST(ProxyRules, TheSchemesOwnProxyComesBeforeTheOneForAll) {
    ProxyRules rules;
    EXPECT_EQ(choose(rules, "http", "h", 80), nullptr);
    rules.all = parse_proxy("all:1", "all_proxy");
    rules.https = parse_proxy("tls:2", "https_proxy");
    EXPECT_EQ(choose(rules, "http", "h", 80)->endpoint(), "all:1");
    EXPECT_EQ(choose(rules, "https", "h", 443)->endpoint(), "tls:2");
    rules.all.reset();
    EXPECT_EQ(choose(rules, "http", "h", 80), nullptr);
}

TEST(ProxyRules, ReadsProxyUrls) {
    const struct {
        const char *text, *scheme, *endpoint, *authorization;
    } rows[] = {
        {"proxy", "http", "proxy:80", ""},
        {"proxy:3128", "http", "proxy:3128", ""},
        {"http://Proxy:3128/", "http", "proxy:3128", ""},
        {"https://proxy", "https", "proxy:443", ""},
        {"socks5://proxy", "socks5", "proxy:1080", ""},
        {"http://[::1]:3128", "http", "[::1]:3128", ""},
        {"http://user:pass@proxy:1", "http", "proxy:1", "Basic dXNlcjpwYXNz"},
        {"http://user@proxy:1", "http", "proxy:1", "Basic dXNlcjo="},
        {"http://us%40er:p%3Aa%2Fs@proxy:1", "http", "proxy:1", "Basic dXNAZXI6cDphL3M="},
        {"http://user:p@ss@proxy:1", "http", "proxy:1", "Basic dXNlcjpwQHNz"},
        {"http://@proxy:1", "http", "proxy:1", ""},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.text);
        const Proxy proxy = parse_proxy(row.text, "http_proxy");
        EXPECT_EQ(proxy.scheme, row.scheme);
        EXPECT_EQ(proxy.endpoint(), row.endpoint);
        EXPECT_EQ(proxy.authorization, row.authorization);
    }
}

TEST(ProxyRules, RefusesABadProxyWithoutShowingItsPassword) {
    for (const char *text : {"ftp://user:secret@proxy", "http://user:secret@proxy:99999", "http://user:secret@",
                             "http://user:secret@pro xy", "http://user:secret@[proxy"}) {
        SCOPED_TRACE(text);
        try {
            parse_proxy(text, "https_proxy");
            ADD_FAILURE() << "accepted";
        } catch (const Error &error) {
            EXPECT_EQ(error.code, FERRY_E_INVALID);
            EXPECT_THAT(error.message, HasSubstr("https_proxy"));
            EXPECT_THAT(error.message, Not(HasSubstr("secret")));
        }
    }
}

TEST(CertificateExplanation, NamesSubjectHostCauseAndRemedy) {
    Finding finding;
    finding.subject = "CN=box";
    finding.issuer = "CN=Corp CA";
    finding.names = "box.local";
    finding.not_before = "2030-01-01 00:00 UTC";
    finding.not_after = "2020-01-01 00:00 UTC";
    const struct {
        int code;
        const char *cause, *remedy;
    } rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, "expired on 2020-01-01", "clock"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "not valid before 2030-01-01", "clock"},
        {X509_V_ERR_HOSTNAME_MISMATCH, "is for box.local, not for r.example", "reissued"},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, "is for box.local, not for r.example", "reissued"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed", "--ca-cert FILE"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown authority (CN=Corp CA)", "REQUESTS_CA_BUNDLE"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown authority (CN=Corp CA)", "--ca-cert FILE"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "key too weak", "reissued"},
    };
    for (const auto &row : rows) {
        finding.code = row.code;
        const std::string text = explain(finding, "r.example", "r.example:443");
        EXPECT_THAT(text, HasSubstr(row.cause));
        EXPECT_THAT(text, HasSubstr(row.remedy));
        EXPECT_THAT(text, HasSubstr("--insecure"));
        EXPECT_THAT(text, HasSubstr("r.example:443"));
        EXPECT_THAT(text, HasSubstr("CN=box"));
        EXPECT_LT(text.size(), sizeof(ferry_error::message));
    }
}
