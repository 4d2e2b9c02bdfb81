// Whole exchanges with a scripted server: bodies, short bodies, connections kept and connections dropped.
#include "client.h"

#include <future>
#include <numeric>

using namespace ferry;
using namespace ferry::test;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

const std::string megabyte = [] {
    std::string text(1 << 20, '\0');
    std::iota(text.begin(), text.end(), '\0');
    return text;
}();

// Answers the first request with exactly these bytes and ends the connection in order.
Script says(std::string bytes) {
    return [bytes = std::move(bytes)](Peer &peer) {
        peer.request();
        peer.send(bytes);
    };
}

Error get_fails(const std::string &bytes) {
    Server server({says(bytes)});
    return failure_of([&] { Client().get({server.url()}); });
}

} // namespace

TEST(Exchange, DeliversStatusFieldsAndBody) {
    Server server({says("HTTP/1.1 404 Not Found\r\nB: 2\r\nA: 1\r\nB: 3\r\nContent-Length: 4\r\n\r\nbody")});
    Client client;
    const auto response = client.open({server.url("/a%2Fb?c=%2f")});
    EXPECT_EQ(response->status(), 404);
    ASSERT_EQ(response->header_count(), 4u);
    EXPECT_EQ(view(response->header_at(0).name), "B");
    EXPECT_EQ(view(response->header_at(2).value), "3");
    EXPECT_EQ(read_all(*response, Op(nullptr), 100), "body");
    ASSERT_EQ(server.requests().size(), 1u);
    EXPECT_EQ(server.requests()[0],
              "GET /a%2Fb?c=%2f HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n\r\n");
}

TEST(Exchange, ReadsBodiesOfEveryFrame) {
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n100000\r\n" +
                                megabyte + "\r\n1\r\nz\r\n0\r\nTrailer: t\r\n\r\n";
    const struct {
        std::string bytes, body;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + megabyte, megabyte},
        {chunked, "abc" + megabyte + "z"},
        {"HTTP/1.1 200 OK\r\n\r\n" + megabyte, megabyte},
        {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
         "2\r\n\r\nok",
         "ok"},
    };
    for (const auto &row : rows) {
        Server server({says(row.bytes)});
        EXPECT_EQ(Client().get({server.url()}), row.body);
    }
}

TEST(Exchange, ReadsIntoBuffersOfAnySize) {
    Server server({always(megabyte)});
    Client client;
    for (const std::size_t capacity : {std::size_t{1} << 20, std::size_t{262144}, std::size_t{1000}}) {
        const auto response = client.open({server.url()});
        std::string body, buffer(capacity, '\0');
        while (const std::size_t got = response->read(Op(nullptr), buffer.data(), capacity)) {
            ASSERT_LE(got, capacity);
            body.append(buffer, 0, got);
        }
        EXPECT_TRUE(body == megabyte);
        EXPECT_EQ(response->read(Op(nullptr), buffer.data(), capacity), 0u);
        EXPECT_EQ(failure_of([&] { response->read(Op(nullptr), buffer.data(), 0); }).code, FERRY_E_INVALID);
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST(Exchange, GivesASingleByteThatFollowsMany) {
    std::promise<void> drained, taken;
    Server server({[&](Peer &peer) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + megabyte);
        drained.get_future().wait();
        peer.send("x");
        taken.get_future().wait(); // nothing else comes before that
        peer.send("yz");
        peer.hold();
    }});
    Client client;
    const auto response = client.open({server.url()});
    std::string buffer(256 << 10, '\0');
    for (std::size_t got = 0; got < megabyte.size();) got += response->read(Op(nullptr), buffer.data(), buffer.size());
    drained.set_value();
    EXPECT_EQ(response->read(Op(nullptr), buffer.data(), buffer.size()), 1u);
    EXPECT_EQ(buffer[0], 'x');
    taken.set_value();
    EXPECT_EQ(response->read(Op(nullptr), buffer.data(), buffer.size()), 2u);
    Operation op;
    op.cancel_at_wait();
    const Error error = failure_of([&] { response->read(op, buffer.data(), buffer.size()); });
    EXPECT_EQ(error.code, FERRY_E_CANCELLED) << error.message.english();
}

TEST(Exchange, LetsSmallPiecesOfALargeBodyGather) {
    constexpr std::size_t pieces = 1000;
    const std::string piece(1000, 'p');
    // They cannot gather where a busy machine lets them come one by one and late: then it is tried again.
    for (std::size_t reads = pieces; reads >= pieces / 2;) {
        Server server({[&](Peer &peer) {
            peer.request();
            peer.send("HTTP/1.1 200 OK\r\n\r\n" + megabyte);
            for (std::size_t i = 0; i < pieces; ++i) {
                std::this_thread::sleep_for(std::chrono::microseconds(50)); // long enough for each to be met alone
                peer.send(piece);
            }
        }});
        Client client;
        const auto response = client.open({server.url()});
        std::string buffer(256 << 10, '\0');
        std::size_t size = 0;
        reads = 0;
        while (const std::size_t got = response->read(Op(nullptr), buffer.data(), buffer.size())) {
            reads += size >= megabyte.size();
            size += got;
        }
        ASSERT_EQ(size, megabyte.size() + pieces * piece.size());
    }
}

TEST(Exchange, SendsABody) {
    Server server({always("ok")});
    Client client;
    EXPECT_EQ(client.get({server.url(), "POST", {{"Content-Type", "text/plain"}}, megabyte}), "ok");
    ASSERT_EQ(server.requests().size(), 1u);
    EXPECT_TRUE(server.requests()[0].ends_with(megabyte));
}

TEST(Exchange, TakesNoShortBodyForAWholeOne) {
    for (const char *bytes : {
             "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
             "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         }) {
        const Error error = get_fails(bytes);
        EXPECT_EQ(error.code, FERRY_E_TRUNCATED) << bytes;
        EXPECT_TRUE(retryable(error)) << bytes;
        EXPECT_THAT(error.message.english(), HasSubstr("127.0.0.1:"));
    }
}

TEST(Exchange, GivesTheBytesBeforeAnErrorAndRepeatsTheError) {
    Server server({says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")});
    Client client;
    const auto response = client.open({server.url()});
    std::string got;
    char buffer[100];
    const auto read = [&] { got.append(buffer, response->read(Op(nullptr), buffer, sizeof buffer)); };
    while (got.size() < 5) read();
    EXPECT_EQ(got, "12345");
    const Error first = failure_of(read);
    EXPECT_EQ(first.code, FERRY_E_TRUNCATED);
    const Error second = failure_of(read);
    EXPECT_EQ(second.code, first.code);
    EXPECT_EQ(second.message.english(), first.message.english());
}

TEST(Exchange, CallsAResetInTheBodyTruncated) {
    std::promise<void> read_it;
    Server server({[&, seen = read_it.get_future().share()](Peer &peer) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\n\r\npart");
        seen.wait();
        peer.reset();
    }});
    Client client;
    const auto response = client.open({server.url()});
    char buffer[100];
    EXPECT_GT(response->read(Op(nullptr), buffer, sizeof buffer), 0u);
    read_it.set_value();
    const Error error = failure_of([&] {
        while (response->read(Op(nullptr), buffer, sizeof buffer)) {
        }
    });
    EXPECT_EQ(error.code, FERRY_E_TRUNCATED);
    EXPECT_TRUE(retryable(error));
}

TEST(Exchange, RefusesOddMessages) {
    for (const char *bytes : {
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123456\r\n0\r\n\r\n",
             "HTTP/1.1 101 Switching Protocols\r\n\r\n",
             "SSH-2.0-OpenSSH_9.2\r\n",
         }) {
        const Error error = get_fails(bytes);
        EXPECT_EQ(error.code, FERRY_E_PROTOCOL) << bytes;
        EXPECT_FALSE(retryable(error)) << bytes;
    }
    EXPECT_EQ(get_fails("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'x')).code,
              FERRY_E_PROTOCOL);
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 501; ++i) many += "X: y\r\n";
    EXPECT_THAT(get_fails(many + "\r\n").message.english(), HasSubstr("500 header fields"));
    EXPECT_EQ(get_fails("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x')).code, FERRY_E_PROTOCOL);
}

TEST(KeepAlive, UsesAConnectionAgain) {
    Server server({always("body")});
    Client client;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get({server.url()}), "body");
    EXPECT_EQ(client.open({server.url(), "HEAD"})->status(), 200);
    EXPECT_EQ(server.connections(), 1);
}

TEST(KeepAlive, EndsWhenEitherSideSaysSo) {
    const Script closes = [](Peer &peer) {
        peer.request();
        peer.answer("bye", "Connection: close\r\n");
        peer.hold();
    };
    const Script old = [](Peer &peer) {
        peer.request();
        peer.send("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nbye");
        peer.hold();
    };
    Server server({closes, old, always("bye")});
    Client client;
    EXPECT_EQ(client.get({server.url()}), "bye");
    EXPECT_EQ(client.get({server.url()}), "bye");
    EXPECT_EQ(client.get({server.url(), "GET", {{"Connection", "close"}}}), "bye");
    EXPECT_EQ(client.get({server.url()}), "bye");
    EXPECT_EQ(server.connections(), 4);
}

TEST(KeepAlive, AsksAgainOnceWhenAnIdleConnectionHadDied) {
    // The reset comes in answer to the second request: by then the client could not have known.
    const Script dies = [](Peer &peer) {
        peer.request();
        peer.answer("first");
        peer.request();
        peer.reset();
    };
    const Script ends = [](Peer &peer) {
        peer.request();
        peer.answer("first");
        peer.request();
        peer.close();
    };
    for (const Script &first : {dies, ends}) {
        Server server({first, always("second")});
        Client client;
        EXPECT_EQ(client.get({server.url()}), "first");
        EXPECT_EQ(client.get({server.url()}), "second");
        EXPECT_EQ(server.connections(), 2);
        EXPECT_EQ(server.requests().size(), 3u);
    }
}

TEST(KeepAlive, DoesNotAskAgainOnAFreshConnection) {
    Server server({[](Peer &peer) { peer.request(); }, always("never")});
    Client client;
    const Error error = failure_of([&] { client.get({server.url()}); });
    EXPECT_EQ(error.code, FERRY_E_NETWORK);
    EXPECT_TRUE(retryable(error));
    EXPECT_EQ(server.connections(), 1);
}

TEST(KeepAlive, DoesNotAskAgainWhatMayHaveHadAnEffect) {
    Server server({[](Peer &peer) {
                       peer.request();
                       peer.answer("first");
                       peer.request();
                   },
                   always("never")});
    Client client;
    EXPECT_EQ(client.get({server.url()}), "first");
    EXPECT_EQ(failure_of([&] { client.get({server.url(), "POST", {}, "x"}); }).code, FERRY_E_NETWORK);
    EXPECT_EQ(server.connections(), 1);
}

TEST(KeepAlive, DoesNotAskAgainOnceAnAnswerHasBegun) {
    Server server({[](Peer &peer) {
                       peer.request();
                       peer.answer("first");
                       peer.request();
                       peer.send("HTTP/1.1 2");
                   },
                   always("never")});
    Client client;
    EXPECT_EQ(client.get({server.url()}), "first");
    EXPECT_EQ(failure_of([&] { client.get({server.url()}); }).code, FERRY_E_NETWORK);
    EXPECT_EQ(server.connections(), 1);
}

TEST(KeepAlive, SurvivesAnUnreadBody) {
    Server server({[](Peer &peer) {
                       peer.request();
                       peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(70'000, 'x'));
                       peer.hold();
                   },
                   always("clean")});
    Client client;
    {
        const auto response = client.open({server.url()});
        char buffer[10];
        EXPECT_GT(response->read(Op(nullptr), buffer, sizeof buffer), 0u);
    }
    EXPECT_EQ(client.get({server.url()}), "clean");
    EXPECT_EQ(server.connections(), 2);
}

TEST(KeepAlive, DrainsASmallUnreadBody) {
    for (const char *answer :
         {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\ndenied",
          "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndenied\r\n0\r\n\r\n"}) {
        Server server({[&](Peer &peer) {
            while (!peer.request().empty()) peer.send(answer);
        }});
        Client client;
        EXPECT_EQ(client.open({server.url()})->status(), 401);
        EXPECT_EQ(client.get({server.url()}), "denied");
        EXPECT_EQ(server.connections(), 1);
    }
}

TEST(KeepAlive, DropsAConnectionWithStrayBytes) {
    Server server({[](Peer &peer) {
        while (!peer.request().empty())
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Smuggled\r\n\r\n");
    }});
    Client client;
    EXPECT_EQ(client.get({server.url()}), "ok");
    EXPECT_EQ(client.open({server.url()})->status(), 200);
    EXPECT_EQ(server.connections(), 2);
}

TEST(KeepAlive, NeverMixesDestinations) {
    Server one({always("one")}), two({always("two")});
    Client client;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.get({one.url()}), "one");
        EXPECT_EQ(client.get({two.url()}), "two");
    }
    EXPECT_EQ(one.connections(), 1);
    EXPECT_EQ(two.connections(), 1);
}

TEST(Exchange, ServesManyThreadsAtOnce) {
    const Authority authority;
    const Folder folder;
    net::TlsOptions tls;
    tls.ca_cert = folder.write("ca.pem", authority.pem());
    Server plain({always(megabyte)});
    Server secure({always(megabyte)}, {.tls = authority.issue({"x", {"127.0.0.1"}})});
    Client client(tls);
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 6; ++i) {
                    Operation op;
                    // Some are dropped half-way: their connections must not come back.
                    const auto response = client.open({(t + i) % 2 ? plain.url() : secure.url()}, op);
                    std::string body, buffer(65536, '\0');
                    while (const std::size_t got = response->read(op, buffer.data(), buffer.size())) {
                        body.append(buffer, 0, got);
                        if (i % 3 == 2) break;
                    }
                    good += i % 3 == 2 ? megabyte.starts_with(body) : body == megabyte;
                }
            });
    }
    EXPECT_EQ(good, 48);
}

TEST(Exchange, NamesTheUrlsHostWhenNothingListens) {
    std::uint16_t port = 0;
    {
        Server gone({always("")});
        port = gone.port();
    }
    Client client;
    const Error error =
        failure_of([&] { client.get({"http://localhost:" + std::to_string(port) + "/secret?token=1"}); });
    EXPECT_EQ(error.code, FERRY_E_NETWORK);
    EXPECT_FALSE(retryable(error)) << "nothing will listen there in a second";
    EXPECT_THAT(error.message.english(),
                StartsWith("cannot connect to localhost:" + std::to_string(port) + ": connection refused"));
    EXPECT_THAT(error.message.english(), testing::Not(HasSubstr("secret")));
}
