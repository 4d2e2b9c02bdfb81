// Through proxies: absolute form, CONNECT, refusals.
#include "client.h"

using namespace ferry;
using namespace ferry::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

// A proxy that opens the tunnel to `port`, whatever host it was asked for.
Script tunnels_to(std::uint16_t port) {
    return [port](Peer &peer) {
        peer.request();
        peer.send("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
        peer.relay(port);
    };
}

Script refuses(std::string answer) {
    return [answer = std::move(answer)](Peer &peer) {
        peer.request();
        peer.send(answer);
    };
}

class ThroughProxy : public testing::Test {
protected:
    Client through(const std::string &proxy) {
        net::TlsOptions options;
        options.ca_cert = ca_file;
        net::ProxyRules rules;
        rules.all = net::parse_proxy(proxy, "all_proxy");
        return Client(options, resolves_to({"127.0.0.1"}), std::move(rules));
    }
    static std::string at(const Server &proxy) { return "proxy.test:" + std::to_string(proxy.port()); }

    Authority authority;
    Folder folder;
    std::string ca_file = folder.write("ca.pem", authority.pem());
    Certificate good = authority.issue({"registry.test", {"registry.test"}});
};

const char *denied = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                     "Content-Length: 3\r\n\r\nno!";

} // namespace

TEST_F(ThroughProxy, AsksForPlainTargetsInAbsoluteForm) {
    Server proxy({always("from afar")});
    Client client = through(at(proxy));
    EXPECT_EQ(client.get({"http://registry.test:5000/a%2Fb?c"}), "from afar");
    EXPECT_EQ(client.get({"http://other.test?x"}), "from afar");
    EXPECT_EQ(client.get({"http://[fd00::1]:5000/x"}), "from afar");
    const auto requests = proxy.requests();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(requests[0], "GET http://registry.test:5000/a%2Fb?c HTTP/1.1\r\nHost: registry.test:5000\r\n\r\n");
    EXPECT_EQ(requests[1], "GET http://other.test/?x HTTP/1.1\r\nHost: other.test\r\n\r\n");
    EXPECT_EQ(requests[2], "GET http://[fd00::1]:5000/x HTTP/1.1\r\nHost: [fd00::1]:5000\r\n\r\n");
    EXPECT_EQ(proxy.connections(), 1) << "a plain proxy connection serves all hosts";
}

TEST_F(ThroughProxy, TunnelsToTlsTargets) {
    Server registry({always("secret")}, {.tls = good});
    Server proxy({tunnels_to(registry.port())});
    Client client = through("http://us%40er:pa%3Ass@" + at(proxy));
    EXPECT_EQ(
        client.get({"https://registry.test/v2/", "GET", {{"User-Agent", "ferry/1"}, {"Authorization", "Bearer t"}}}),
        "secret");
    EXPECT_EQ(client.get({"https://registry.test/v2/"}), "secret");
    ASSERT_EQ(proxy.requests().size(), 1u);
    EXPECT_EQ(proxy.requests()[0], "CONNECT registry.test:443 HTTP/1.1\r\nHost: registry.test:443\r\n"
                                   "Proxy-Authorization: Basic dXNAZXI6cGE6c3M=\r\nUser-Agent: ferry/1\r\n\r\n");
    ASSERT_EQ(registry.requests().size(), 2u);
    EXPECT_THAT(registry.requests()[0], AllOf(StartsWith("GET /v2/ HTTP/1.1\r\nHost: registry.test\r\n"),
                                              Not(HasSubstr("Proxy-Authorization"))));
}

TEST_F(ThroughProxy, SendsCredentialsOnlyWhereThereAreSome) {
    Server registry({always("secret")}, {.tls = good});
    Server plain({always("ok")});
    Server proxy({tunnels_to(registry.port())});
    through(at(proxy)).get({"https://registry.test/"});
    through(at(plain)).get({"http://registry.test/"});
    through("http://u:p@" + at(plain)).get({"http://registry.test/"});
    EXPECT_THAT(proxy.requests().at(0), Not(HasSubstr("Proxy-Authorization")));
    EXPECT_THAT(plain.requests().at(0), Not(HasSubstr("Proxy-Authorization")));
    EXPECT_THAT(plain.requests().at(1), HasSubstr("\r\nProxy-Authorization: Basic dTpw\r\n"));
}

TEST_F(ThroughProxy, VerifiesTheRegistryAndNotTheProxy) {
    const Certificate evil = authority.issue({"evil.test", {"evil.test", "proxy.test"}});
    Server registry({always("must not be read")}, {.tls = evil});
    Server proxy({tunnels_to(registry.port())});
    Client client = through(at(proxy));
    const Error error = failure_of([&] { client.get({"https://registry.test/"}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_THAT(error.message.english(), HasSubstr("not for registry.test"));
    EXPECT_TRUE(registry.requests().empty());
}

TEST_F(ThroughProxy, Reports407WithoutThePassword) {
    for (const char *target : {"https://registry.test/", "http://registry.test/"}) {
        Server proxy({refuses(denied)});
        Client client = through(at(proxy));
        Error error = failure_of([&] { client.get({target}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY);
        EXPECT_EQ(error.http_status, 407);
        EXPECT_FALSE(retryable(error));
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr(at(proxy)), HasSubstr("407"), HasSubstr("USER:PASSWORD"), HasSubstr("Basic")));

        Client known = through("http://user:hunter2@" + at(proxy));
        error = failure_of([&] { known.get({target}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY);
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr("did not accept"), Not(HasSubstr("hunter2")), Not(HasSubstr("aHVudGVyMg"))));
    }
}

// As tinyproxy does it.
TEST_F(ThroughProxy, Knows401OfAProxyFromThatOfTheTarget) {
    const std::string challenge =
        "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n";
    for (const char *target : {"https://registry.test/", "http://registry.test/"}) {
        Server proxy({refuses(challenge + "Server: tinyproxy/1.11.1\r\n\r\nno")});
        Client client = through("http://user:hunter2@" + at(proxy));
        const Error error = failure_of([&] { client.get({target}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY);
        EXPECT_EQ(error.http_status, 407) << "no login of the registry's is wanted";
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr("the proxy " + at(proxy) + " answered 401"), HasSubstr("did not accept"),
                          HasSubstr("(Basic)"), Not(HasSubstr("hunter2"))));
        EXPECT_EQ(proxy.requests().size(), 1u);
    }
    Server passes({refuses(challenge + "Server: nginx\r\n\r\nno")});
    EXPECT_EQ(through(at(passes)).get({"http://registry.test/"}), "no") << "the target's own answer";
}

TEST_F(ThroughProxy, ReportsRefusedTunnels) {
    const struct {
        const char *answer;
        int status;
        bool again;
    } rows[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno no", 403, false},
        {"HTTP/1.0 503 Service Unavailable\r\n\r\nbusy", 503, true},
        {"HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\n\r\n", 302, false},
    };
    for (const auto &row : rows) {
        Server proxy({refuses(row.answer)});
        Client client = through(at(proxy));
        const Error error = failure_of([&] { client.get({"https://registry.test/"}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY);
        EXPECT_EQ(error.http_status, row.status);
        EXPECT_EQ(retryable(error), row.again);
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr(at(proxy)), HasSubstr("registry.test:443"), HasSubstr(std::to_string(row.status))));
    }
}

TEST_F(ThroughProxy, TellsItsOwnRefusalOfAPlainTargetFromTheTargets) {
    const struct {
        const char *answer;
        const char *words; // null: it is the target's
        bool again = false;
    } table[] = {
        {"403 Forbidden\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_ACCESS_DENIED 0", "403 Forbidden; ask its operator"},
        {"403 Filtered\r\nServer: tinyproxy/1.11.1", "refused to ask registry.test:80: 403 Filtered"},
        {"403 Forbidden\r\nProxy-Status: gate; error=http_request_denied", "NO_PROXY"},
        {"503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0", "got no answer from registry.test:80: 503", true},
        {"504 Gateway Timeout\r\nServer: Squid", "it seems not to reach that host", true},
        {"403 Forbidden\r\nServer: nginx\r\nVia: 1.1 squid (squid/5.7)", nullptr},
        {"403 Forbidden\r\nProxy-Status: gate; received-status=403", nullptr},
        {"500 Internal Server Error\r\nX-Squid-Error: ERR_CANNOT_FORWARD 0", "got no answer", true},
        {"500 Oops\r\nServer: nginx", nullptr},
        {"404 Not Found\r\nX-Squid-Error: ERR_NONE 0", nullptr}};
    for (const auto &[answer, words, again] : table) {
        Server proxy({refuses(std::string("HTTP/1.1 ") + answer + "\r\nContent-Length: 4\r\n\r\npage")});
        Client client = through(at(proxy));
        if (!words) {
            EXPECT_EQ(client.get({"http://registry.test/"}), "page") << answer;
            continue;
        }
        const Error error = failure_of([&] { client.get({"http://registry.test/"}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY) << answer;
        EXPECT_EQ(error.http_status, std::atoi(answer));
        EXPECT_EQ(retryable(error), again);
        EXPECT_THAT(error.message.english(), AllOf(HasSubstr("the proxy " + at(proxy)), HasSubstr(words)));
    }
}

TEST_F(ThroughProxy, ReportsAProxyThatIsNoneOrIsGone) {
    for (const char *answer : {"", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\n\r\nextra bytes"}) {
        Server proxy({refuses(answer)});
        Client client = through(at(proxy));
        const Error error = failure_of([&] { client.get({"https://registry.test/"}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY) << answer;
        EXPECT_THAT(error.message.english(), HasSubstr(at(proxy)));
    }
    std::string gone;
    {
        Server proxy({always("")});
        gone = at(proxy);
    }
    Client client = through(gone);
    for (const char *target : {"https://registry.test/", "http://registry.test/"}) {
        const Error error = failure_of([&] { client.get({target}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY);
        EXPECT_FALSE(retryable(error));
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr(gone), HasSubstr("connection refused"), HasSubstr("registry.test")));
    }
}

TEST_F(ThroughProxy, TimesOutAndCancelsWhileTheProxyIsSilent) {
    Operation op;
    Server proxy({[](Peer &peer) {
                      peer.request();
                      peer.hold();
                  },
                  [&](Peer &peer) {
                      peer.request();
                      op.cancel();
                      peer.hold();
                  }});
    Client client = through(at(proxy));
    Ask ask{"https://registry.test/"};
    ask.connect_timeout_ms = 1'000;
    const Error error = failure_of([&] { client.get(ask); });
    EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr(at(proxy)), HasSubstr("CONNECT")));
    EXPECT_EQ(failure_of([&] { client.get({"https://registry.test/"}, op); }).code, FERRY_E_CANCELLED);
}

TEST_F(ThroughProxy, SpeaksTlsToATlsProxy) {
    const Certificate proxy_certificate = authority.issue({"proxy.test", {"proxy.test"}});
    Server registry({always(std::string(300'000, 's'))}, {.tls = good});
    Server tunnel({tunnels_to(registry.port())}, {.tls = proxy_certificate});
    Server forward({always("from afar")}, {.tls = proxy_certificate});
    Client client = through("https://" + at(tunnel));
    EXPECT_EQ(client.get({"https://registry.test/"}), std::string(300'000, 's'));
    EXPECT_EQ(through("https://" + at(forward)).get({"http://registry.test/"}), "from afar");

    Server wrong({tunnels_to(registry.port())}, {.tls = good});
    const Error error = failure_of([&] { through("https://" + at(wrong)).get({"https://registry.test/"}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_THAT(error.message.english(), HasSubstr("not for proxy.test"));
}

TEST_F(ThroughProxy, ConnectsDirectlyToTheExceptions) {
    Server registry({always("near")});
    Server proxy({always("far")});
    Client client = through(at(proxy));
    client.rules.exceptions = net::parse_exceptions("registry.test");
    EXPECT_EQ(client.get({registry.url("/", "registry.test")}), "near");
    EXPECT_EQ(client.get({registry.url("/", "elsewhere.test")}), "far");
    EXPECT_EQ(proxy.requests().size(), 1u);
}

TEST_F(ThroughProxy, NamesBothWhenTheTunnelBreaks) {
    Server registry({[](Peer &peer) {
                        peer.request();
                        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
                        peer.cut();
                    }},
                    {.tls = good});
    Server proxy({tunnels_to(registry.port())});
    Client client = through(at(proxy));
    const Error error = failure_of([&] { client.get({"https://registry.test/"}); });
    EXPECT_EQ(error.code, FERRY_E_TRUNCATED);
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("registry.test:443"), HasSubstr(at(proxy))));
}
