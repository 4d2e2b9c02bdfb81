// Through SOCKS5 proxies, and logins by Digest: what the proxy is sent, and what is said when it refuses.
#include "client.h"

using namespace ferry;
using namespace ferry::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string bytes(std::initializer_list<int> all) {
    std::string text;
    for (const int one : all) text += static_cast<char>(one);
    return text;
}

const std::string granted = bytes({5, 0, 0, 1, 0, 0, 0, 0, 0, 0});

// A SOCKS server that answers each message of the client with the next of `answers`, then leads to `port`; keeps what
// it was sent.
struct Socks {
    std::vector<std::string> answers;
    std::uint16_t port = 0;
    std::shared_ptr<std::vector<std::string>> sent = std::make_shared<std::vector<std::string>>();

    Script script() const {
        return [*this](Peer &peer) {
            for (const std::string &answer : answers) {
                sent->push_back(peer.receive());
                if (!peer.send(answer)) return;
            }
            if (port) peer.relay(port);
        };
    }
};

class ThroughSocks : public testing::Test {
protected:
    Client through(const std::string &proxy, std::vector<std::string> addresses = {"127.0.0.1"}) {
        net::TlsOptions options;
        options.ca_cert = ca_file;
        net::ProxyRules rules;
        rules.all = net::parse_proxy(proxy, "all_proxy");
        return Client(options, resolves_to(std::move(addresses)), std::move(rules));
    }
    static std::string at(const Server &proxy) { return "127.0.0.1:" + std::to_string(proxy.port()); }

    Authority authority;
    Folder folder;
    std::string ca_file = folder.write("ca.pem", authority.pem());
    Certificate good = authority.issue({"registry.test", {"registry.test"}});
};

} // namespace

TEST_F(ThroughSocks, LetsTheProxyResolveTheName) {
    for (const bool tls : {false, true}) {
        ServerOptions options;
        if (tls) options.tls = good;
        Server registry({always("from afar")}, options);
        const Socks socks{{bytes({5, 0}), granted}, registry.port()};
        Server proxy({socks.script()});
        Client client = through("socks5h://" + at(proxy), {"203.0.113.1"});
        EXPECT_EQ(client.get({registry.url("/x", "registry.test")}), "from afar");
        EXPECT_EQ(client.get({registry.url("/y", "registry.test")}), "from afar") << "on the same connection";
        const std::uint16_t port = registry.port();
        EXPECT_EQ(socks.sent->at(0), bytes({5, 1, 0}));
        EXPECT_EQ(socks.sent->at(1), bytes({5, 1, 0, 3, 13}) + "registry.test" + bytes({port >> 8, port & 0xFF}));
        EXPECT_THAT(registry.requests().at(0), testing::StartsWith("GET /x HTTP/1.1\r\nHost: registry.test"));
        EXPECT_EQ(proxy.connections(), 1);
    }
}

TEST_F(ThroughSocks, ResolvesTheNameItselfAndTriesEveryAddress) {
    Server registry({always("found")});
    const Socks refusing{{bytes({5, 0}), bytes({5, 4, 0, 1, 0, 0, 0, 0, 0, 0})}};
    const Socks leading{{bytes({5, 0}), granted}, registry.port()};
    Server proxy({refusing.script(), leading.script()});
    Client client = through("socks5://" + at(proxy), {"10.0.0.1", "10.0.0.2"});
    // The proxy's own name is an address, which needs no resolver.
    EXPECT_EQ(client.get({registry.url("/", "registry.test")}), "found");
    EXPECT_EQ(refusing.sent->at(1).substr(0, 8), bytes({5, 1, 0, 1, 10, 0, 0, 1}));
    EXPECT_EQ(leading.sent->at(1).substr(0, 8), bytes({5, 1, 0, 1, 10, 0, 0, 2}));
}

TEST_F(ThroughSocks, LogsInWithUserAndPassword) {
    Server registry({always("secret")}, {.tls = good});
    const Socks socks{{bytes({5, 2}), bytes({1, 0}), granted}, registry.port()};
    Server proxy({socks.script()});
    Client client = through("socks5h://us%40er:pass@" + at(proxy));
    EXPECT_EQ(client.get({registry.url("/", "registry.test")}), "secret");
    EXPECT_EQ(socks.sent->at(0), bytes({5, 2, 0, 2}));
    EXPECT_EQ(socks.sent->at(1), bytes({1, 5}) + "us@er" + bytes({4}) + "pass");
}

TEST_F(ThroughSocks, SaysWhyTheProxyRefuses) {
    const struct {
        const char *login;
        std::vector<std::string> answers;
        bool again;
        const char *why;
    } rows[] = {
        {"", {bytes({5, 0xFF})}, false, "socks5h://USER:PASSWORD@"},
        {"u:hunter2@", {bytes({5, 0xFF})}, false, "takes no user name"},
        {"u:hunter2@", {bytes({5, 2}), bytes({1, 1})}, false, "did not accept"},
        {"", {bytes({5, 2})}, false, "keep to its protocol"},
        {"", {bytes({5, 0}), bytes({5, 2, 0, 1, 0, 0, 0, 0, 0, 0})}, false, "rules do not allow"},
        {"", {bytes({5, 0}), bytes({5, 5, 0, 1, 0, 0, 0, 0, 0, 0})}, true, "refused the connection"},
        {"", {bytes({5, 0}), bytes({5, 0, 0, 9, 0, 0})}, false, "keep to its protocol"},
        {"", {"HTTP/1.1 400 Bad Request\r\n\r\n"}, false, "write http://"},
        {"", {bytes({4, 91})}, false, "does not speak SOCKS5"},
        {"", {bytes({5})}, true, "closed the connection"},
        {"", {bytes({5, 0}), bytes({5, 0, 0})}, true, "closed the connection"},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.why);
        const Socks socks{row.answers};
        Server proxy({socks.script()});
        Client client = through("socks5h://" + std::string(row.login) + at(proxy));
        const Error error = failure_of([&] { client.get({"https://registry.test/"}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY) << error.message.english();
        EXPECT_EQ(retryable(error), row.again);
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr(row.why), HasSubstr(at(proxy)), Not(HasSubstr("hunter2"))));
    }
}

TEST_F(ThroughSocks, TimesOutWhileTheProxyIsSilent) {
    Server proxy({[](Peer &peer) { peer.hold(); }});
    Client client = through("socks5h://" + at(proxy));
    Ask ask{"https://registry.test/"};
    ask.connect_timeout_ms = 1'000;
    const Error error = failure_of([&] { client.get(ask); });
    EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr(at(proxy)), HasSubstr("SOCKS")));
}

TEST_F(ThroughSocks, DigestIsAnsweredOncePerRequestAndThenAtOnce) {
    const std::string denied = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Digest realm=\"p\", "
                               "nonce=\"n\", qop=\"auth\", algorithm=MD5\r\nContent-Length: 0\r\n\r\n";
    const Script demanding = [&](Peer &peer) {
        for (std::string request; !(request = peer.request()).empty();)
            if (request.find("Proxy-Authorization: Digest ") == std::string::npos ||
                request.find("uri=\"") == std::string::npos)
                peer.send(denied);
            else
                peer.answer("from afar");
    };
    Server proxy({demanding});
    Client client = through("http://user:hunter2@" + at(proxy));
    EXPECT_EQ(client.get({"http://registry.test/a"}), "from afar");
    EXPECT_EQ(client.get({"http://registry.test/b"}), "from afar");
    ASSERT_EQ(proxy.requests().size(), 3u);
    EXPECT_THAT(proxy.requests()[0], HasSubstr("Proxy-Authorization: Basic "));
    EXPECT_THAT(proxy.requests()[1], AllOf(HasSubstr("nc=00000001"), HasSubstr("uri=\"http://registry.test/a\"")));
    EXPECT_THAT(proxy.requests()[2], AllOf(HasSubstr("nc=00000002"), Not(HasSubstr("hunter2"))));

    Server refusing({[&](Peer &peer) {
        while (!peer.request().empty()) peer.send(denied);
    }});
    for (const char *target : {"http://registry.test/", "https://registry.test/"}) {
        Client wrong = through("http://user:hunter2@" + at(refusing));
        const Error error = failure_of([&] { wrong.get({target}); });
        EXPECT_EQ(error.code, FERRY_E_PROXY);
        EXPECT_EQ(error.http_status, 407);
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr("did not accept"), HasSubstr("Digest"), Not(HasSubstr("hunter2"))));
    }
}

TEST_F(ThroughSocks, DigestOpensTunnels) {
    Server registry({always("secret")}, {.tls = good});
    const std::string denied = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nProxy-Authenticate: Digest "
                               "realm=\"p\", nonce=\"n\"\r\nConnection: close\r\n\r\n";
    Server proxy({[&](Peer &peer) {
                      peer.request();
                      peer.send(denied);
                  },
                  [&](Peer &peer) {
                      peer.request();
                      peer.send("HTTP/1.1 200 OK\r\n\r\n");
                      peer.relay(registry.port());
                  }});
    Client client = through("http://user:hunter2@" + at(proxy));
    EXPECT_EQ(client.get({registry.url("/", "registry.test")}), "secret");
    EXPECT_THAT(proxy.requests().at(1),
                AllOf(HasSubstr("CONNECT"), HasSubstr("Proxy-Authorization: Digest "),
                      HasSubstr("uri=\"registry.test:" + std::to_string(registry.port()) + "\"")));
}

TEST_F(ThroughSocks, NamesALoginThatItDoesNotSpeak) {
    Server proxy({[](Peer &peer) {
        peer.request();
        peer.send("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\nContent-Length: "
                  "0\r\n\r\n");
    }});
    Client client = through("http://user:hunter2@" + at(proxy));
    const Error error = failure_of([&] { client.get({"https://registry.test/"}); });
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("NTLM, Negotiate"), HasSubstr("cntlm")));
}
