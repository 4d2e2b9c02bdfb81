// Policy as tables: URLs, proxies, NO_PROXY.
#include "transport/dial.h"
#include "transport/finding.h"
#include "transport/os/lookup.h"
#include "transport/proxy_login.h"
#include "transport/proxy_rules.h"
#include "transport/socks.h"
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
            EXPECT_THAT(error.message.english(), Not(HasSubstr("u:p")));
        }
    }
}

TEST(ProxyRules, ExceptionsMatchAsInGoAndCurl) {
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
        {"192.0.2.1", "192.0.2.1", 5000, true},
        {"192.0.2.1", "192.0.2.2", 5000, false},
        {"192.0.2.1:5000", "192.0.2.1", 5000, true},
        {"192.0.2.1:5001", "192.0.2.1", 5000, false},
        {"10.0.0.0/8", "10.1.2.3", 443, true},
        {"10.0.0.0/8", "11.1.2.3", 443, false},
        {"192.168.4.0/22", "192.168.7.255", 443, true},
        {"192.168.4.0/22", "192.168.8.0", 443, false},
        {"0.0.0.0/0", "8.8.8.8", 443, true},
        {"0.0.0.0/0", "registry.example", 443, false},
        {"0.0.0.0/0", "2001:db8::1", 443, false},
        {"10.0.0.0/33", "10.0.0.1", 443, false},
        {"10.0.0.0/", "10.0.0.1", 443, false},
        {"2001:db8::1", "2001:db8::1", 443, true},
        {"[2001:db8::1]", "2001:db8::1", 443, true},
        {"[2001:db8::1]:443", "2001:db8::1", 443, true},
        {"[2001:db8::1]:80", "2001:db8::1", 443, false},
        {"2001:db8:0:0:0:0:0:1", "2001:db8::1", 443, true},
        {"fd00::/8", "fd12:3456::1", 443, true},
        {"fd00::/8", "fe80::1", 443, false},
        {"10.0.0.0/8", "::ffff:10.0.0.1", 443, true},
        // Where the two differ: a leading dot is for what is below the name, as in Go (curl: for the name, too);
        // loopback needs an entry, as in curl (Go: it needs none), so that a proxy that is asked for is used.
        {"", "localhost", 5000, false},
        {"", "127.0.0.1", 5000, false},
        {"", "::1", 5000, false},
        {"localhost", "localhost", 5000, true},
        {"localhost", "LOCALHOST.", 5000, true},
        {"127.0.0.0/8", "127.9.9.9", 5000, true},
        {"::1", "::1", 5000, true},
        {"127.0.0.1", "::ffff:127.0.0.1", 5000, true},
        {"", "localhost.example", 5000, false},
        {"", "128.0.0.1", 5000, false},
        {"", "::2", 5000, false},
    };
    ProxyRules rules;
    rules.all = parse_proxy("http://proxy:3128", "all_proxy");
    for (const auto &row : rows) {
        SCOPED_TRACE(std::string(row.list) + " / " + row.host);
        rules.exceptions = parse_exceptions(row.list);
        EXPECT_EQ(choose(rules, "https", row.host, static_cast<std::uint16_t>(row.port)).proxy == nullptr, row.direct);
    }
}

TEST(ProxyRules, TheSchemesOwnProxyComesBeforeTheOneForAll) {
    ProxyRules rules;
    EXPECT_EQ(choose(rules, "http", "h", 80).proxy, nullptr);
    rules.all = parse_proxy("all:1", "all_proxy");
    rules.https = parse_proxy("tls:2", "https_proxy");
    EXPECT_EQ(choose(rules, "http", "h", 80).proxy->endpoint(), "all:1");
    EXPECT_EQ(choose(rules, "https", "h", 443).proxy->endpoint(), "tls:2");
    rules.all.reset();
    EXPECT_EQ(choose(rules, "http", "h", 80).proxy, nullptr);
}

TEST(ProxyRules, ReadsProxyUrls) {
    const struct {
        const char *text, *scheme, *endpoint, *login;
    } rows[] = {
        {"proxy", "http", "proxy:80", ""},
        {"proxy:3128", "http", "proxy:3128", ""},
        {"http://Proxy:3128/", "http", "proxy:3128", ""},
        {"https://proxy", "https", "proxy:443", ""},
        {"socks5://proxy", "socks5", "proxy:1080", ""},
        {"socks5h://u:p@proxy:9", "socks5h", "proxy:9", "u:p"},
        {"SOCKS://proxy", "socks5h", "proxy:1080", ""},
        {"http://[::1]:3128", "http", "[::1]:3128", ""},
        {"http://user:pass@proxy:1", "http", "proxy:1", "user:pass"},
        {"http://user@proxy:1", "http", "proxy:1", "user:"},
        {"http://us%40er:p%3Aa%2Fs@proxy:1", "http", "proxy:1", "us@er:p:a/s"},
        {"http://user:p@ss@proxy:1", "http", "proxy:1", "user:p@ss"},
        {"http://@proxy:1", "http", "proxy:1", ""},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.text);
        const Proxy proxy = parse_proxy(row.text, "http_proxy");
        EXPECT_EQ(proxy.scheme, row.scheme);
        EXPECT_EQ(proxy.endpoint(), row.endpoint);
        EXPECT_EQ(proxy.has_login() ? proxy.user + ":" + proxy.password : "", row.login);
    }
}

TEST(ProxyRules, RefusesABadProxyWithoutShowingItsPassword) {
    for (const char *text : {"ftp://user:secret@proxy", "socks4://user:secret@proxy", "http://user:secret@proxy:99999",
                             "http://user:secret@", "http://user:secret@pro xy", "http://user:secret@[proxy",
                             "user:secret://x@proxy", "secret@user://proxy"}) {
        SCOPED_TRACE(text);
        try {
            parse_proxy(text, "https_proxy");
            ADD_FAILURE() << "accepted";
        } catch (const Error &error) {
            EXPECT_EQ(error.code, FERRY_E_INVALID);
            EXPECT_THAT(error.message.english(), HasSubstr("https_proxy"));
            EXPECT_THAT(error.message.english(), Not(HasSubstr("secret")));
        }
    }
}

TEST(ProxyRules, WhatIsAssignedToAServerComesFirst) {
    ProxyRules rules;
    rules.all = parse_proxy("all:1", "all_proxy");
    rules.exceptions = parse_exceptions("cdn.corp");
    rules.assigned = parse_assignments("registry.corp=http://u:p@own:2, registry.corp:5000=direct  [::1]:7=socks5://s,"
                                       "cdn.corp=other:3,localhost=own:4",
                                       "registry_proxy");
    const struct {
        const char *host;
        int port;
        const char *endpoint; // empty: directly
    } rows[] = {
        {"registry.corp", 443, "own:2"},
        {"Registry.Corp.", 80, "own:2"},
        {"registry.corp", 5000, "own:2"},
        {"sub.registry.corp", 443, "all:1"},
        {"::1", 7, "s:1080"},
        {"::1", 8, "all:1"},
        {"cdn.corp", 443, "other:3"},
        {"localhost", 5000, "own:4"},
        {"elsewhere", 443, "all:1"},
    };
    for (const auto &row : rows) {
        const Route route = choose(rules, "https", row.host, static_cast<std::uint16_t>(row.port));
        EXPECT_EQ(route.proxy ? route.proxy->endpoint() : "", row.endpoint) << row.host << ':' << row.port;
    }
    rules.assigned = parse_assignments("registry.corp:5000=direct,registry.corp=own:2", "registry_proxy");
    EXPECT_EQ(choose(rules, "https", "registry.corp", 5000).proxy, nullptr) << "the first that fits counts";
    for (const char *text :
         {"registry.corp", "registry.corp=", "=http://u:secret@p:1", "a=ftp://u:secret@p", "u:secret@p:1"}) {
        try {
            parse_assignments(text, "registry_proxy");
            ADD_FAILURE() << text;
        } catch (const Error &error) {
            EXPECT_EQ(error.code, FERRY_E_INVALID);
            EXPECT_THAT(error.message.english(), HasSubstr("registry_proxy"));
            EXPECT_THAT(error.message.english(), Not(HasSubstr("secret")));
        }
    }
}

TEST(Servers, AreNamedWithOrWithoutAPort) {
    const struct {
        const char *named, *host;
        int port;
        bool same;
    } rows[] = {
        {"h", "h", 443, true},
        {"H.", "h", 1, true},
        {"h:443", "h", 443, true},
        {"h:443", "h", 444, false},
        {"h", "x.h", 443, false},
        {"x.h", "h", 443, false},
        {"127.0.0.1", "127.0.0.1", 5, true},
        {"[::1]:5", "::1", 5, true},
        {"[::1]:5", "::1", 6, false},
        {"[::1]", "::1", 6, true},
        {"::1", "::1", 6, true},
    };
    for (const auto &row : rows)
        EXPECT_EQ(same_server(parse_server(row.named, "option"), row.host, static_cast<std::uint16_t>(row.port)),
                  row.same)
            << row.named << " and " << row.host << ':' << row.port;
    for (const char *text : {"", "h:0", "h:x", "a b", "http://h", "[::1", "u@h"})
        EXPECT_THROW(parse_server(text, "option"), Error) << text;
}

TEST(Socks, RequestsBearNamesAndAddresses) {
    const std::string connect("\x05\x01\x00", 3);
    EXPECT_EQ(socks_request("registry.test", 443, nullptr), connect + "\x03\x0Dregistry.test\x01\xBB");
    EXPECT_EQ(socks_request("127.0.0.1", 5000, nullptr), connect + std::string("\x01\x7F\x00\x00\x01\x13\x88", 7));
    EXPECT_EQ(socks_request("::1", 80, nullptr), connect + '\4' + std::string(15, '\0') + std::string("\1\0P", 3));
    const Address v4 = os::numeric("10.1.2.3", 80), v6 = os::numeric("fd00::1", 80);
    EXPECT_EQ(socks_request("registry.test", 80, &v4), connect + std::string("\x01\x0A\x01\x02\x03\x00P", 7));
    EXPECT_EQ(socks_request("registry.test", 80, &v6),
              connect + '\4' + "\xFD" + std::string(14, '\0') + std::string("\1\0P", 3));
    EXPECT_THROW(socks_request(std::string(256, 'a'), 80, nullptr), Error);
}

TEST(Socks, EveryRefusalHasAReason) {
    for (unsigned code = 1; code < 12; ++code) {
        EXPECT_STRNE(socks_refusal(code).why, "");
        EXPECT_EQ(socks_refusal(code).retryable, code == 1 || (code >= 3 && code <= 6)) << code;
    }
}

TEST(ProxyLogin, DigestIsTakenWhereItCanBeAnswered) {
    EXPECT_EQ(digest_challenge({"Basic realm=\"x\"", "Digest realm=\"r\", nonce=\"n\""}), "realm=\"r\", nonce=\"n\"");
    EXPECT_EQ(digest_challenge({"Digest realm=\"r\", nonce=\"a\", algorithm=SHA-256",
                                "DIGEST realm=\"r\", nonce=\"b\", algorithm=MD5"}),
              "realm=\"r\", nonce=\"b\", algorithm=MD5");
    EXPECT_EQ(digest_challenge({"NTLM", "Negotiate", "Basic realm=\"Digest \""}), "");

    ProxyLogin nobody("", "");
    EXPECT_EQ(nobody.authorize("GET", "/"), "");
    EXPECT_FALSE(nobody.learn({"Digest realm=\"r\", nonce=\"n\""}, ""));

    ProxyLogin login("user", "pass");
    const std::string basic = login.authorize("CONNECT", "h:443");
    EXPECT_EQ(basic, "Basic dXNlcjpwYXNz");
    EXPECT_FALSE(login.learn({"Basic realm=\"x\""}, basic)) << "refused: the password is wrong";
    EXPECT_TRUE(login.learn({"Digest realm=\"r\", nonce=\"n1\", qop=\"auth\""}, basic));
    const std::string first = login.authorize("CONNECT", "h:443"), second = login.authorize("CONNECT", "h:443");
    EXPECT_THAT(first, testing::AllOf(testing::StartsWith("Digest "), HasSubstr("uri=\"h:443\""),
                                      HasSubstr("nc=00000001"), Not(HasSubstr("pass"))));
    EXPECT_THAT(second, HasSubstr("nc=00000002"));
    EXPECT_FALSE(login.learn({"Digest realm=\"r\", nonce=\"n2\", qop=\"auth\""}, second)) << "the password is wrong";
    EXPECT_TRUE(login.learn({"Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", stale=true"}, second));
    EXPECT_THAT(login.authorize("GET", "http://h/"), HasSubstr("nonce=\"n2\""));
}

TEST(Dialing, FamiliesTakeTurns) {
    const struct {
        std::vector<std::string> found, tried;
    } rows[] = {
        {{}, {}},
        {{"127.0.0.1"}, {"127.0.0.1"}},
        {{"fd00::1", "fd00::2", "fd00::3", "10.0.0.1"}, {"fd00::1", "10.0.0.1", "fd00::2", "fd00::3"}},
        {{"10.0.0.1", "10.0.0.2", "fd00::1"}, {"10.0.0.1", "fd00::1", "10.0.0.2"}},
        {{"10.0.0.2", "10.0.0.1"}, {"10.0.0.2", "10.0.0.1"}},
    };
    for (const auto &row : rows) {
        std::vector<Address> found;
        for (const std::string &text : row.found) found.push_back(os::numeric(text, 80));
        std::vector<std::string> requests, wanted;
        for (const Address &one : interleave(found)) requests.push_back(socks_request("", 80, &one));
        for (const std::string &text : row.tried) wanted.push_back(socks_request(text, 80, nullptr));
        EXPECT_EQ(requests, wanted);
    }
}

TEST(CertificateExplanation, NamesSubjectHostCauseAndRemedy) {
    Finding finding;
    finding.subject = "CN=box";
    finding.issuer = "CN=Corp CA";
    finding.names = "box.local";
    finding.not_before = "2030-01-01 00:00 UTC";
    finding.not_after = "2020-01-01 00:00 UTC";
    finding.now = "2026-11-25 16:00 UTC";
    const struct {
        int code;
        const char *cause, *remedy;
    } rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, "expired on 2020-01-01", "clock says 2026-11-25 16:00 UTC"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "not valid before 2030-01-01", "clock says 2026-11-25 16:00 UTC"},
        {X509_V_ERR_HOSTNAME_MISMATCH, "is for box.local, not for r.example", "reissued"},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, "is for box.local, not for r.example", "reissued"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed", "--ca-cert FILE"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown authority (CN=Corp CA)", "REQUESTS_CA_BUNDLE"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown authority (CN=Corp CA)", "--ca-cert FILE"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "key too weak", "reissued"},
    };
    for (const auto &row : rows) {
        finding.code = row.code;
        const std::string text = explain(finding, "r.example", "r.example:443").english();
        EXPECT_THAT(text, HasSubstr(row.cause));
        EXPECT_THAT(text, HasSubstr(row.remedy));
        EXPECT_THAT(text, HasSubstr("--insecure=r.example"));
        EXPECT_THAT(text, HasSubstr("r.example:443"));
        EXPECT_THAT(text, HasSubstr("CN=box"));
    }
    // The longest that a certificate can make of it: the remedy must not be cut off.
    finding.subject = finding.issuer = std::string(70, 's');
    finding.names = std::string(40, 'n') + ", " + std::string(40, 'n') + " and others";
    const std::string host(40, 'h');
    for (const auto &row : rows) {
        finding.code = row.code;
        EXPECT_LT(explain(finding, host, host + ":65535").english().size(), sizeof(ferry_error::message)) << row.cause;
    }
}
