// Waiting: timeouts, cancellation, and which address is tried.
#include "client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>

using namespace ferry;
using namespace ferry::test;
using testing::AllOf;
using testing::HasSubstr;

namespace {

// A port on loopback that takes no further connection: its backlog is full.
class FullHouse {
public:
    FullHouse() {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr *>(&at), sizeof at);
        ::listen(listener_, 0);
        socklen_t size = sizeof at;
        ::getsockname(listener_, reinterpret_cast<sockaddr *>(&at), &size);
        port = ntohs(at.sin_port);
        for (int i = 0; i < 64 && !full; ++i) {
            const int guest = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            guests_.push_back(guest);
            if (::connect(guest, reinterpret_cast<sockaddr *>(&at), sizeof at) == 0) continue;
            pollfd one{guest, POLLOUT, 0};
            full = ::poll(&one, 1, 300) == 0;
        }
    }
    ~FullHouse() {
        for (const int guest : guests_) ::close(guest);
        ::close(listener_);
    }
    FullHouse(const FullHouse &) = delete;
    FullHouse &operator=(const FullHouse &) = delete;

    std::uint16_t port = 0;
    bool full = false;

private:
    int listener_;
    std::vector<int> guests_;
};

// A name server that never answers, until it is let go.
struct SilentResolver {
    std::promise<void> release;
    net::Resolver resolver = [gate = release.get_future().share()](const std::string &, std::uint16_t port) {
        gate.wait();
        return std::vector<net::Address>{net::os::numeric("127.0.0.1", port)};
    };
    ~SilentResolver() { release.set_value(); }
};

Script silent() {
    return [](Peer &peer) { peer.hold(); };
}

// Sends five bytes of ten, and then nothing.
Script stalls_in_its_body() {
    return [](Peer &peer) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
        peer.hold();
    };
}

// Cancels the operation when it waits for the nth time during get().
Error cancelled(Client &client, const Ask &ask, int nth = 1) {
    Operation op;
    op.cancel_at_wait(nth);
    const Error error = failure_of([&] { client.get(ask, op); });
    EXPECT_EQ(error.code, FERRY_E_CANCELLED) << error.message.english();
    EXPECT_FALSE(retryable(error));
    return error;
}

} // namespace

TEST(Timeout, EndsAStallBeforeTheAnswer) {
    Server server({silent()});
    Client client;
    Ask ask{server.url()};
    ask.stall_timeout_ms = 100;
    const Error error = failure_of([&] { client.get(ask); });
    EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
    EXPECT_TRUE(retryable(error));
    EXPECT_THAT(error.message.english(),
                AllOf(HasSubstr("127.0.0.1:"), HasSubstr("waiting for the answer"), HasSubstr("100 ms")));
}

TEST(Timeout, EndsAStallInTheBodyPlainAndTls) {
    const Authority authority;
    net::TlsOptions insecure;
    insecure.insecure = true;
    for (const bool tls : {false, true}) {
        ServerOptions options;
        if (tls) options.tls = authority.issue();
        Server server({stalls_in_its_body()}, options);
        Client client(insecure);
        Ask ask{server.url()};
        ask.stall_timeout_ms = 200;
        const Error error = failure_of([&] { client.get(ask); });
        EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
        EXPECT_THAT(error.message.english(), HasSubstr("200 ms"));
    }
}

TEST(Timeout, WaitsOnceForTheStallTimePlainAndTls) {
    // Poco waits twice under TLS. Waits are counted, not measured: one on_cancel is one wait.
    const Authority authority;
    net::TlsOptions insecure;
    insecure.insecure = true;
    for (const bool tls : {false, true}) {
        ServerOptions options;
        if (tls) options.tls = authority.issue();
        Server server({stalls_in_its_body()}, options);
        Client client(insecure);
        Ask ask{server.url()};
        ask.stall_timeout_ms = 1'000;
        const auto response = client.open(ask);
        char buffer[100];
        std::size_t got = 0;
        while (got < 5) got += response->read(Op(nullptr), buffer, sizeof buffer);
        Operation op;
        op.cancel_at_wait(2);
        EXPECT_EQ(failure_of([&] { response->read(op, buffer, sizeof buffer); }).code, FERRY_E_TIMEOUT);
    }
}

TEST(Timeout, DoesNotCountSlowBytesAsAStall) {
    constexpr int stall_ms = 600;
    for (;;) {
        std::atomic<bool> stalled{false}; // not by the test's wish: by a busy machine
        Server server({[&](Peer &peer) {
            peer.request();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
            // Longer in sum than the stall time.
            auto last = std::chrono::steady_clock::now();
            for (int i = 0; i < 8; ++i) {
                peer.pause(100);
                peer.send("x");
                const auto now = std::chrono::steady_clock::now();
                if (now - last > std::chrono::milliseconds(stall_ms / 2)) stalled = true;
                last = now;
            }
            peer.hold();
        }});
        Client client;
        Ask ask{server.url()};
        ask.stall_timeout_ms = stall_ms;
        try {
            EXPECT_EQ(client.get(ask), "xxxxxxxx");
            return;
        } catch (const Error &e) {
            ASSERT_TRUE(stalled) << e.message.english();
        }
    }
}

TEST(Timeout, EndsAHeadAndAChunkSizeThatDripForever) {
    for (const char *head : {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        Server server({[&](Peer &peer) {
            peer.request();
            for (bool there = peer.send(head); there; there = peer.send("0")) peer.pause(20);
        }});
        Client client;
        Ask ask{server.url()};
        ask.stall_timeout_ms = 400;
        const Error error = failure_of([&] { client.get(ask); });
        EXPECT_EQ(error.code, FERRY_E_TIMEOUT) << head;
        EXPECT_TRUE(retryable(error));
    }
}

TEST(Timeout, EndsAStallWhileSending) {
    std::promise<void> over;
    Server server({[end = over.get_future().share()](Peer &) { end.wait(); }});
    Client client;
    Ask ask{server.url(), "POST", {}, std::string(64 << 20, 'x')};
    ask.stall_timeout_ms = 200;
    const Error error = failure_of([&] { client.get(ask); });
    over.set_value();
    EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
    EXPECT_THAT(error.message.english(), HasSubstr("sending the request"));
}

TEST(Timeout, CoversTheNameLookup) {
    SilentResolver dns;
    Client client({}, dns.resolver);
    Ask ask{"http://registry.test:1/"};
    ask.connect_timeout_ms = 100;
    const Error error = failure_of([&] { client.get(ask); });
    EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("registry.test:1"), HasSubstr("looking up")));
}

TEST(Timeout, CoversConnecting) {
    const FullHouse house;
    if (!house.full) GTEST_SKIP() << "this kernel's backlog has no end";
    Client client;
    Ask ask{"http://127.0.0.1:" + std::to_string(house.port) + "/"};
    ask.connect_timeout_ms = 200;
    const Error error = failure_of([&] { client.get(ask); });
    EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
    EXPECT_THAT(error.message.english(), HasSubstr("connecting"));
}

TEST(Cancel, EndsTheNameLookup) {
    SilentResolver dns;
    Client client({}, dns.resolver);
    cancelled(client, {"http://registry.test:1/"});
}

TEST(Cancel, EndsConnecting) {
    const FullHouse house;
    if (!house.full) GTEST_SKIP() << "this kernel's backlog has no end";
    Client client;
    cancelled(client, {"http://127.0.0.1:" + std::to_string(house.port) + "/"});
}

TEST(Cancel, EndsTheHandshake) {
    Operation op;
    Server server({[&](Peer &peer) {
        peer.receive(); // the client's hello
        op.cancel();
        peer.hold();
    }});
    Client client;
    const Error error = failure_of([&] { client.get({"https://127.0.0.1:" + std::to_string(server.port())}, op); });
    EXPECT_EQ(error.code, FERRY_E_CANCELLED) << error.message.english();
}

TEST(Cancel, EndsWaitingForTheAnswer) {
    Operation op;
    Server server({[&](Peer &peer) {
        peer.request();
        op.cancel();
        peer.hold();
    }});
    Client client;
    EXPECT_EQ(failure_of([&] { client.get({server.url()}, op); }).code, FERRY_E_CANCELLED);
}

TEST(Cancel, EndsTheBodyPlainAndTlsAndRepeats) {
    const Authority authority;
    net::TlsOptions insecure;
    insecure.insecure = true;
    for (const bool tls : {false, true}) {
        ServerOptions options;
        if (tls) options.tls = authority.issue();
        for (const char *head : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "HTTP/1.1 200 OK\r\n\r\n12345",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345"}) {
            Server server({[&](Peer &peer) {
                               peer.request();
                               peer.send(head);
                               peer.hold();
                           },
                           always("next")},
                          options);
            Client client(insecure);
            {
                const auto response = client.open({server.url()});
                char buffer[100];
                std::size_t got = 0;
                while (got < 5) got += response->read(Op(nullptr), buffer, sizeof buffer);
                Operation op;
                op.cancel_at_wait();
                EXPECT_EQ(failure_of([&] { response->read(op, buffer, sizeof buffer); }).code, FERRY_E_CANCELLED);
                EXPECT_EQ(failure_of([&] { response->read(Op(nullptr), buffer, sizeof buffer); }).code,
                          FERRY_E_CANCELLED);
            }
            EXPECT_EQ(client.get({server.url()}), "next");
        }
    }
}

TEST(Cancel, EndsSending) {
    Operation op;
    Server server({[&](Peer &peer) {
        peer.receive();
        op.cancel();
        peer.pause(0);
        while (!peer.receive().empty()) {
        }
    }});
    Client client;
    EXPECT_EQ(failure_of([&] {
                  client.get({server.url(), "POST", {}, std::string(64 << 20, 'x')}, op);
              }).code,
              FERRY_E_CANCELLED);
}

TEST(Cancel, BeforeTheStartOpensNoConnection) {
    Server server({always("")});
    Client client;
    Operation op;
    op.cancel();
    EXPECT_EQ(failure_of([&] { client.get({server.url()}, op); }).code, FERRY_E_CANCELLED);
    EXPECT_EQ(server.connections(), 0);
}

TEST(Dial, TriesTheNextAddressWhenOneRefuses) {
    Server server({always("here")}, {.address = "127.0.0.2"});
    Client client({}, resolves_to({"127.0.0.1", "127.0.0.2"}));
    EXPECT_EQ(client.get({server.url("/", "registry.test")}), "here");
}

TEST(Dial, TriesTheNextAddressWhenOneIsSilent) {
    const FullHouse house;
    if (!house.full) GTEST_SKIP() << "this kernel's backlog has no end";
    Server server({always("here")}, {.address = "127.0.0.2"});
    const std::uint16_t silent_port = house.port, good_port = server.port();
    Client client({}, [=](const std::string &, std::uint16_t) {
        return std::vector<net::Address>{net::os::numeric("127.0.0.1", silent_port),
                                         net::os::numeric("127.0.0.2", good_port)};
    });
    Ask ask{"http://registry.test/"};
    ask.connect_timeout_ms = 4'000;
    EXPECT_EQ(client.get(ask), "here");
}

TEST(Dial, SaysWhyWhenNoAddressWorks) {
    std::uint16_t port = 0;
    {
        Server gone({always("")});
        port = gone.port();
    }
    Client client({}, resolves_to({"127.0.0.1", "127.0.0.2"}));
    const Error error = failure_of([&] { client.get({"http://registry.test:" + std::to_string(port) + "/"}); });
    EXPECT_EQ(error.code, FERRY_E_NETWORK);
    EXPECT_FALSE(retryable(error)) << "nobody listens there, and nobody will in a moment";
    EXPECT_THAT(error.message.english(), HasSubstr("registry.test:" + std::to_string(port) + ": connection refused"));
}

TEST(Dial, AnUnknownNameIsNotWorthARetry) {
    Client client({}, [](const std::string &host, std::uint16_t) -> std::vector<net::Address> {
        throw Error(FERRY_E_NETWORK, "cannot resolve " + host);
    });
    const Error error = failure_of([&] { client.get({"http://registry.test/"}); });
    EXPECT_EQ(error.code, FERRY_E_NETWORK);
    EXPECT_FALSE(retryable(error));
}

TEST(Signals, NoBrokenPipeReachesTheHost) {
    // gtest's default disposition: a SIGPIPE would end this process.
    std::signal(SIGPIPE, SIG_DFL);
    sigset_t pipe, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &pipe, &before);
    const Authority authority;
    net::TlsOptions insecure;
    insecure.insecure = true;
    for (const bool tls : {false, true}) {
        for (const bool orderly : {false, true}) {
            ServerOptions options;
            if (tls) options.tls = authority.issue();
            // After an orderly end the first write draws a reset, and the next one the signal.
            Server server({[&](Peer &peer) {
                              peer.receive();
                              orderly ? peer.cut() : peer.reset();
                          }},
                          options);
            Client client(insecure);
            const Error error = failure_of([&] { client.get({server.url(), "POST", {}, std::string(32 << 20, 'x')}); });
            EXPECT_EQ(error.code, FERRY_E_NETWORK) << error.message.english();
            EXPECT_TRUE(retryable(error));
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
