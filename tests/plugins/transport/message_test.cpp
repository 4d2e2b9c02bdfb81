// Heads and framing as functions of text.
#include "transport/body.h"
#include "transport/head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace ferry;
using namespace ferry::net;
using testing::ElementsAre;

namespace {

Head parse(std::string_view text) {
    return read_head(
        [&text](std::size_t limit) {
            const auto end = text.find("\r\n");
            if (end == std::string_view::npos) throw Error(FERRY_E_NETWORK, "end of text");
            const std::string line(text.substr(0, end));
            if (line.size() > limit) throw Error(FERRY_E_PROTOCOL, "too long"); // as Connection::read_line does
            text.remove_prefix(end + 2);
            return line;
        },
        "h:1");
}

ferry_status code_of(std::string_view text) {
    try {
        parse(text);
    } catch (const Error &error) {
        return error.code;
    }
    return FERRY_OK;
}

std::string written(const std::vector<ferry_header> &headers, std::string_view body = "",
                    std::string_view method = "GET") {
    ferry_request request{};
    request.method = raw(method);
    request.headers = headers.data();
    request.header_count = headers.size();
    request.body = raw(body);
    const Url url = split_url("http://h:81/a%2Fb?c");
    return write_head(request, url, url.target, "");
}

ferry_header field(std::string_view name, std::string_view value) {
    return {raw(name), raw(value)};
}

} // namespace

TEST(Head, KeepsFieldsInOrderAndSeparate) {
    const Head head = parse("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nX: 1\r\n"
                            "www-authenticate: \t Basic realm=\"a, b\" \r\nEmpty:\r\n\r\n");
    EXPECT_EQ(head.status, 401);
    EXPECT_EQ(head.reason, "Unauthorized");
    ASSERT_EQ(head.fields.size(), 4u);
    EXPECT_EQ(head.fields[1].first, "X");
    EXPECT_THAT(head.all("WWW-Authenticate"), ElementsAre("Negotiate", "Basic realm=\"a, b\""));
    EXPECT_EQ(head.fields[3].second, "");
}

TEST(Head, LeavesValuesAlone) {
    // Poco would decode this one as RFC 2047, and the signature with it.
    const Head head = parse("HTTP/1.1 307 Temporary Redirect\r\nLocation: /a%2Fb?s=?utf-8?Q?=41?=\r\n\r\n");
    EXPECT_THAT(head.all("location"), ElementsAre("/a%2Fb?s=?utf-8?Q?=41?="));
}

TEST(Head, AcceptsWhatServersSend) {
    EXPECT_EQ(parse("HTTP/1.1 200\r\n\r\n").status, 200);
    EXPECT_EQ(parse("HTTP/1.1 200 \r\n\r\n").status, 200);
    EXPECT_EQ(parse("HTTP/1.0 404 Not Found\r\n\r\n").minor, 0);
    EXPECT_THAT(parse("HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\r\n").all("a"), ElementsAre("b c"));
    EXPECT_THAT(parse("HTTP/1.1 200 OK\r\nA:\r\n b\r\n \r\n\r\n").all("a"), ElementsAre("b"));
    EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nConnection: TE, Close\r\n\r\n").lists("connection", "close"));
    EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\nConnection: closed\r\n\r\n").lists("connection", "close"));
}

TEST(Head, RefusesWhatIsNotHttp) {
    for (const char *text :
         {"SSH-2.0-OpenSSH_9\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
          "HTTP/1.10 200 OK\r\n\r\n", "HTTP/1.1\t200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n",
          "HTTP/1.1 \r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1200 OK\r\n\r\n", "<!DOCTYPE html>\r\n\r\n",
          "\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA@b: c\r\n\r\n",
          // Where the body ends must not depend on who reads.
          "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding\t: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nno\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n"})
        EXPECT_EQ(code_of(text), FERRY_E_PROTOCOL) << text;
}

TEST(Head, TakesTheOdditiesThatGoTakesAndThatChangeNothing) {
    for (const char *line :
         {"HTTP/1.1  200 OK", "HTTP/2.0 200 OK", "HTTP/1.2 200", "HTTP/0.9 200 ", "HTTP/1.1 200 OK  "})
        EXPECT_EQ(parse(std::string(line) + "\r\n\r\n").status, 200) << line;
    EXPECT_EQ(parse("HTTP/2.0 200 OK\r\n\r\n").minor, 0); // nobody may count on its connection
    // A field whose name holds a blank is passed over, with all of its lines.
    const Head head = parse("HTTP/1.1 200 OK\r\nA: 1\r\nB : 2\r\n 3\r\nC D: 4\r\nE: 5\r\n\r\n");
    ASSERT_EQ(head.fields.size(), 2u);
    EXPECT_THAT(head.all("a"), ElementsAre("1"));
    EXPECT_THAT(head.all("e"), ElementsAre("5"));
}

TEST(Head, IsBoundedInFieldsLinesAndAsAWhole) {
    std::string text = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 500; ++i) text += "X-" + std::to_string(i) + ": v\r\n";
    EXPECT_EQ(code_of(text + "\r\n"), FERRY_OK);
    EXPECT_EQ(code_of(text + "X-500: v\r\n\r\n"), FERRY_E_PROTOCOL);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nA: " + std::string(60 << 10, 'v') + "\r\n\r\n"), FERRY_OK);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nA: " + std::string(64 << 10, 'v') + "\r\n\r\n"), FERRY_E_PROTOCOL);
    std::string large = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 5; ++i) large += "A: " + std::string(60 << 10, 'v') + "\r\n";
    EXPECT_EQ(code_of(large + "\r\n"), FERRY_E_PROTOCOL);
}

TEST(RequestHead, BearsTargetHostAndFields) {
    EXPECT_EQ(written({}), "GET /a%2Fb?c HTTP/1.1\r\nHost: h:81\r\n\r\n");
    EXPECT_EQ(written({field("Accept", "a"), field("Accept", "b")}),
              "GET /a%2Fb?c HTTP/1.1\r\nHost: h:81\r\nAccept: a\r\nAccept: b\r\n\r\n");
    EXPECT_EQ(written({field("host", "other")}), "GET /a%2Fb?c HTTP/1.1\r\nhost: other\r\n\r\n");
    EXPECT_EQ(written({field("Content-Length", "7")}, "ab", "POST"),
              "POST /a%2Fb?c HTTP/1.1\r\nHost: h:81\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(written({}, "", "POST"), "POST /a%2Fb?c HTTP/1.1\r\nHost: h:81\r\nContent-Length: 0\r\n\r\n");
}

TEST(RequestHead, CannotBeSplit) {
    EXPECT_THROW(written({field("A", "b\r\nEvil: 1")}), Error);
    EXPECT_THROW(written({field("A\r\nEvil", "b")}), Error);
    EXPECT_THROW(written({field("A", std::string_view("b\0c", 3))}), Error);
    EXPECT_THROW(written({}, "", "GET / HTTP/1.1\r\nX"), Error);
    EXPECT_THROW(written({field("Transfer-Encoding", "chunked")}), Error);
}

TEST(ContentLength, MustAgreeWithItself) {
    EXPECT_EQ(content_length({"5"}), 5u);
    EXPECT_EQ(content_length({"5", "5"}), 5u);
    EXPECT_EQ(content_length({"5, 5"}), 5u);
    EXPECT_EQ(content_length({"9223372036854775807"}), 9223372036854775807u);
    EXPECT_EQ(content_length({"5", "6"}), std::nullopt);
    EXPECT_EQ(content_length({"5, 6"}), std::nullopt);
    for (const char *text :
         {"", "-1", "+5", "0x5", "5 5", "5,", ",5", "1e3", "9223372036854775808", "99999999999999999999"})
        EXPECT_EQ(content_length({text}), std::nullopt) << text;
}

TEST(ChunkSize, IsHexWithOptionalExtensions) {
    EXPECT_EQ(chunk_size("1aF"), 0x1AFu);
    EXPECT_EQ(chunk_size("0"), 0u);
    EXPECT_EQ(chunk_size("000010"), 16u);
    EXPECT_EQ(chunk_size("5;name=value"), 5u);
    EXPECT_EQ(chunk_size("5 ; name"), 5u);
    for (const char *text : {"", ";x", "-1", "0x10", "g", "1 0", "ffffffffffffffff", "10000000000000000"})
        EXPECT_EQ(chunk_size(text), std::nullopt) << text;
}

TEST(Body, HasOneFrameOrNone) {
    const auto body = [](std::string_view fields, std::string_view method = "GET", int status = 200) {
        return Body(parse("HTTP/1.1 " + std::to_string(status) + " OK\r\n" + std::string(fields) + "\r\n"), method,
                    "h:1");
    };
    EXPECT_TRUE(body("Content-Length: 9\r\n", "HEAD").complete());
    EXPECT_TRUE(body("Transfer-Encoding: chunked\r\n", "GET", 304).complete());
    EXPECT_TRUE(body("", "GET", 204).complete());
    EXPECT_TRUE(body("Content-Length: 0\r\n").complete());
    EXPECT_FALSE(body("Content-Length: 1\r\n").complete());
    EXPECT_FALSE(body("").delimited());
    EXPECT_FALSE(body("Content-Length:\r\n").delimited()); // announces nothing
    EXPECT_TRUE(body("Transfer-Encoding: Chunked\r\n").chunked());
    for (const char *fields :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length:\r\nContent-Length: 5\r\n",
          "Content-Length: five\r\n"})
        EXPECT_THROW(body(fields), Error) << fields;
}
