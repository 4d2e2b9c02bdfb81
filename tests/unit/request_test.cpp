#include "cli/serve/crowd.h"
#include "cli/serve/request.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

// The status that a head is refused with; 200 when it is taken, 0 while it is not whole.
int status_of(const std::string &bytes, Head *head = nullptr) {
    try {
        HeadReader reader;
        const std::size_t end = reader.end_of_head(bytes);
        if (!end) return 0;
        Head parsed = parse_head(std::string_view(bytes).substr(0, end));
        if (head) *head = std::move(parsed);
        return 200;
    } catch (const Refusal &refusal) {
        return refusal.status;
    }
}

std::string get(const std::string &fields) {
    return "GET /v2/ HTTP/1.1\r\n" + fields + "\r\n";
}

TEST(RequestHead, IsTakenOnlyWhereEverybodyReadsItAlike) {
    struct Row {
        std::string bytes;
        int status;
    };
    using namespace std::string_literals;
    const Row table[] = {
        {get("Host: x\r\n"), 200},
        {get(""), 200},
        {"\r\n\r\n" + get("Host: x\r\n"), 200}, // RFC 9112 section 2.2
        {get("Host: x\r\nX:\r\nY: \t a b \t\r\nX: \xc3\xa4\r\n"), 200},
        {get("Content-Length: 0\r\n"), 200},
        {"GET /v2/ HTTP/1.0\r\n\r\n", 200},
        {"GET http://x/v2/ HTTP/1.1\r\n\r\n", 200},
        {"OPTIONS * HTTP/1.1\r\n\r\n", 200},
        {"POST /v2/ HTTP/1.1\r\nContent-Length: 43\r\n\r\n", 200},
        {"POST /v2/ HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", 200},
        // Not whole.
        {"", 0},
        {"\r\n", 0},
        {"GET", 0},
        {"GET /v2/ HTTP/1.1\r\n", 0},
        {"GET /v2/ HTTP/1.1\r\nHost: x\r", 0},
        // How long is the body, and is there one?
        {get("Content-Length: 0\r\nContent-Length: 43\r\n"), 400},
        {get("Content-Length: 0\r\nContent-Length: 0\r\n"), 400},
        {get("Content-Length: 0, 0\r\n"), 400},
        {get("Content-Length: -1\r\n"), 400},
        {get("Content-Length: +0\r\n"), 400},
        {get("Content-Length: 0x0\r\n"), 400},
        {get("Content-Length: \r\n"), 400},
        {get("Content-Length: abc\r\n"), 400},
        {get("Content-Length: 99999999999999999999\r\n"), 400},
        {get("Content-Length: 43\r\n"), 400},
        {get("Transfer-Encoding: chunked\r\n"), 400},
        {"HEAD /v2/ HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        // What is a field?
        {get("Transfer-Encoding : chunked\r\n"), 400},
        {get("Transfer-Encoding\t: chunked\r\n"), 400},
        {get("X: a\r\n b\r\n"), 400},
        {get(" X: a\r\n"), 400},
        {get("\tX: a\r\n"), 400},
        {get("X\r\n"), 400},
        {get(": a\r\n"), 400},
        {get("X Y: a\r\n"), 400},
        {get("X(: a\r\n"), 400},
        {get("\xc3\xa4: a\r\n"), 400},
        {get("Host: a\r\nhost: b\r\n"), 400},
        // What is a line?
        {"GET /v2/ HTTP/1.1\nHost: x\n\n", 400},
        {get("Host: x\nX: y\r\n"), 400},
        {get("Host: x\rX: y\r\n"), 400},
        {get("Host: x\r\r\n"), 400},
        {get("Host: x\0y\r\n"s), 400},
        {get("Host: x\x1b[31m\r\n"), 400},
        {get("Host: x\x7f\r\n"), 400},
        {"\n" + get(""), 400},
        // What is a request line?
        {"no http\r\n\r\n", 400},
        {"GET  /v2/ HTTP/1.1\r\n\r\n", 400},
        {"GET /v2/  HTTP/1.1\r\n\r\n", 400},
        {"GET /v2/ HTTP/1.1 \r\n\r\n", 400},
        {"GET\t/v2/ HTTP/1.1\r\n\r\n", 400},
        {" GET /v2/ HTTP/1.1\r\n\r\n", 400},
        {"GET /v2/\r\n\r\n", 400},
        {"GET /v2/ä HTTP/1.1\r\n\r\n", 400},
        {"GET /v2/ http/1.1\r\n\r\n", 400},
        {"GET /v2/ HTTP/1.12\r\n\r\n", 400},
        {"GET /v2/ HTTP/+1.1\r\n\r\n", 400},
        {"G(T /v2/ HTTP/1.1\r\n\r\n", 400},
        {"GET /v2/ HTTP/9.9\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        // What cannot become a request is not waited for.
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
        {"\x80\x2e\x01"s, 400},
        {"GET /\x01", 400},
        {"\0"s, 400},
    };
    for (const Row &row : table) EXPECT_EQ(status_of(row.bytes), row.status) << testing::PrintToString(row.bytes);
}

TEST(RequestHead, IsBounded) {
    const auto many = [](int count) {
        std::string fields;
        for (int i = 0; i < count; ++i) fields += "X" + std::to_string(i) + ": y\r\n";
        return get(fields);
    };
    const std::string line(HeadReader::most_line - 40, 'a');
    EXPECT_EQ(status_of(many(HeadReader::most_fields)), 200);
    EXPECT_EQ(status_of(many(HeadReader::most_fields + 1)), 431);
    EXPECT_EQ(status_of("GET /" + line + " HTTP/1.1\r\n\r\n"), 200);
    EXPECT_EQ(status_of("GET /" + line + line + " HTTP/1.1\r\n\r\n"), 414);
    EXPECT_EQ(status_of("GET /" + line + line), 414) << "before it is whole";
    EXPECT_EQ(status_of(get("X: " + line + "\r\n")), 200);
    EXPECT_EQ(status_of(get("X: " + line + line + "\r\n")), 431);
    EXPECT_EQ(status_of(get("X: " + line + line)), 431);
    EXPECT_EQ(status_of(get("A: " + line + "\r\nB: " + line + "\r\nC: " + line + "\r\nD: " + line + "\r\nE: " + line)),
              431);
    std::string empty;
    for (int i = 0; i < 40'000; ++i) empty += "\r\n";
    EXPECT_EQ(status_of(empty), 431) << "empty lines in front count, too";
}

TEST(RequestHead, DoesNotDependOnHowItsBytesCame) {
    const std::string bytes = "\r\n" + get("Host: x\r\nAccept: a\r\naccept: b\r\n") + "GET /next";
    HeadReader reader;
    std::size_t end = 0;
    for (std::size_t size = 0; !end; ++size) end = reader.end_of_head(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(end, bytes.size() - 9);
    const Head head = parse_head(std::string_view(bytes).substr(0, end));
    EXPECT_EQ(head.request.method, "GET");
    EXPECT_EQ(head.request.target, "/v2/");
    EXPECT_EQ(head.request.field("ACCEPT"), "a, b");
    EXPECT_EQ(head.request.field("Range"), "");
}

TEST(RequestHead, SaysWhetherTheConnectionIsKept) {
    struct Row {
        const char *bytes;
        bool keep, body;
    };
    const Row table[] = {
        {"GET / HTTP/1.1\r\n\r\n", true, false},
        {"GET / HTTP/1.1\r\nConnection: keep-alive, Close\r\n\r\n", false, false},
        {"GET / HTTP/1.1\r\nConnection: x\r\nConnection: close\r\n\r\n", false, false},
        {"GET / HTTP/1.1\r\nConnection: closed\r\n\r\n", true, false},
        {"GET / HTTP/1.0\r\n\r\n", false, false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false},
        {"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\n", false, true},
        {"PUT / HTTP/1.1\r\nContent-Length: 000\r\n\r\n", true, false},
        {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", false, true},
        {"PUT / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", false, false},
    };
    for (const Row &row : table) {
        Head head;
        ASSERT_EQ(status_of(row.bytes, &head), 200) << row.bytes;
        EXPECT_EQ(head.keep_alive, row.keep) << row.bytes;
        EXPECT_EQ(head.has_body, row.body) << row.bytes;
    }
}

TEST(Crowd, HasRoomForSoManyInAllAndOfEachClient) {
    using Place = Crowd::Place;
    Crowd crowd({3, 2, 1});
    EXPECT_EQ(crowd.enter("a"), Place::inside);
    EXPECT_EQ(crowd.enter("a"), Place::inside);
    EXPECT_TRUE(crowd.full("a"));
    EXPECT_FALSE(crowd.full());
    EXPECT_EQ(crowd.enter("a"), Place::turned_away);
    EXPECT_EQ(crowd.enter("a"), Place::outside);
    crowd.leave("a", Place::turned_away);
    EXPECT_EQ(crowd.enter(""), Place::inside);
    EXPECT_TRUE(crowd.full());
    EXPECT_EQ(crowd.enter("b"), Place::turned_away);
    crowd.leave("a", Place::inside);
    EXPECT_EQ(crowd.enter("b"), Place::inside);
    crowd.leave("b", Place::inside);
    crowd.leave("a", Place::inside);
    crowd.leave("", Place::inside);
    EXPECT_FALSE(crowd.full());
    Crowd any({100, 0, 0});
    for (int i = 0; i < 100; ++i) EXPECT_EQ(any.enter(i % 2 ? "a" : ""), Place::inside);
    EXPECT_EQ(any.enter(""), Place::outside);
    Crowd own({100, 1, 0});
    for (int i = 0; i < 10; ++i) EXPECT_EQ(own.enter(""), Place::inside) << "this machine is not one client";
}

TEST(Crowd, CountsANetworksAddressesTogether) {
    for (const char *own : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) EXPECT_EQ(client_of(own), "") << own;
    EXPECT_EQ(client_of("10.0.0.1"), client_of("::ffff:10.0.0.1"));
    EXPECT_NE(client_of("10.0.0.1"), client_of("10.0.0.2"));
    EXPECT_EQ(client_of("2001:db8:1:2::1"), client_of("2001:db8:1:2:ffff::7"));
    EXPECT_EQ(client_of("fe80::1%eth0"), client_of("fe80::2%eth0"));
    EXPECT_NE(client_of("2001:db8:1:2::1"), client_of("2001:db8:1:3::1"));
    EXPECT_FALSE(client_of("?").empty());
}

} // namespace
} // namespace ferry::cli
