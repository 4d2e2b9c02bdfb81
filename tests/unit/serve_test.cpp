#include "cli/demo/image.h"
#include "cli/serve/archive_registry.h"
#include "cli/serve/byte_range.h"
#include "cli/serve/server.h"
#include "core/archive/contents.h"
#include "core/archive/tar.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "support/folder.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <condition_variable>
#include <crypt.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace ferry::cli {
namespace {

using testing::HasSubstr;

TEST(ByteRange, IsWhatRfc9110Says) { // section 14.1.2
    struct Row {
        const char *field;
        std::uint64_t size;
        ByteRange expected;
    };
    using Kind = ByteRange::Kind;
    const Row table[] = {
        {"bytes=0-9", 100, {Kind::part, 0, 10}},
        {"bytes=0-999", 100, {Kind::part, 0, 100}},
        {"bytes=99-", 100, {Kind::part, 99, 100}},
        {"bytes=-1", 100, {Kind::part, 99, 100}},
        {"bytes=-999", 100, {Kind::part, 0, 100}},
        {"bytes=100-", 100, {Kind::impossible, 0, 0}},
        {"bytes=-0", 100, {Kind::impossible, 0, 0}},
        {"bytes=0-", 0, {Kind::impossible, 0, 0}},
        {"bytes=-5", 0, {Kind::impossible, 0, 0}},
        {"", 100, {}},
        {"bytes=", 100, {}},
        {"bytes=-", 100, {}},
        {"bytes=5", 100, {}},
        {"bytes=5-4", 100, {}},
        {"bytes=0-1,3-4", 100, {}},
        {"bytes= 0-1", 100, {}},
        {"bytes=+1-2", 100, {}},
        {"bytes=1--2", 100, {}},
        {"Bytes=0-1", 100, {}},
        {"bytes=99999999999999999999-", 100, {}},
        {"bytes=1-99999999999999999999", 100, {}},
    };
    for (const Row &row : table) {
        const ByteRange range = parse_byte_range(row.field, row.size);
        EXPECT_EQ(range.kind, row.expected.kind) << row.field;
        EXPECT_EQ(range.begin, row.expected.begin) << row.field;
        EXPECT_EQ(range.end, row.expected.end) << row.field;
    }
}

// "Basic " and the base64 of a text without padding trouble.
std::string basic(const std::string &text) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out = "Basic ";
    for (std::size_t i = 0; i < text.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0);
        for (std::size_t j = 0; j < 4; ++j) out += i + j > text.size() ? '=' : alphabet[group >> (18 - 6 * j) & 63];
    }
    return out;
}

std::string hashed(const char *secret, const char *prefix) {
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    EXPECT_NE(::crypt_gensalt_rn(prefix, 0, nullptr, 0, salt, sizeof salt), nullptr);
    crypt_data data{};
    return ::crypt_r(secret, salt, &data);
}

TEST(Users, AreLetInWithTheirPasswordAlone) {
    const Users users({{"ann", hashed("secret", "$2b$")}, {"bob", hashed("other", "$6$")}}, {{"eve", "pa:ss"}});
    for (int again = 0; again < 2; ++again) {
        EXPECT_TRUE(users.allow(basic("ann:secret")));
        EXPECT_TRUE(users.allow(basic("bob:other")));
        EXPECT_TRUE(users.allow(basic("eve:pa:ss")));
        EXPECT_TRUE(users.allow("bAsIc " + basic("ann:secret").substr(6)));
        for (const char *wrong :
             {"ann:other", "ann:", "ann", "", ":secret", "ANN:secret", "nobody:secret", "eve:pa", "eve:secret"})
            EXPECT_FALSE(users.allow(basic(wrong))) << wrong;
    }
    for (const char *wrong : {"", "Basic", "Basic ", "Basic !!!!", "Bearer abcd", "Basic YW5u"})
        EXPECT_FALSE(users.allow(wrong)) << wrong;
    EXPECT_FALSE(users.allow(basic(std::string("ann:secret\0x", 12)))) << "what stands behind a NUL is not cut off";
    EXPECT_FALSE(Users({}, {{"eve", "x"}}).allow(basic("ann:x")));
}

TEST(Users, AreNotToldByWhatAWrongPasswordCosts) {
    const std::map<std::string, std::string> hashes = {
        {"ann", hashed("a", "$2b$")}, {"bob", hashed("b", "$6$")}, {"cem", hashed("c", "$y$")}};
    const Users users(hashes, {{"eve", "x"}, {"bob", "y"}});
    EXPECT_EQ(users.hash_for("ann"), hashes.at("ann"));
    std::map<std::string, int> seen;
    for (int i = 0; i < 300; ++i) {
        const std::string name = "nobody" + std::to_string(i);
        EXPECT_EQ(users.hash_for(name), users.hash_for(name));
        ++seen[users.hash_for(name)];
        EXPECT_FALSE(users.known(basic(name + ":a"))) << "not before a password was hashed";
    }
    EXPECT_EQ(seen.size(), hashes.size()) << "of all costs that the users have";
    for (const auto &[hash, count] : seen) EXPECT_GT(count, 30);
    for (const char *wrong : {"ann:x", "eve:wrong", "bob:wrong"}) {
        EXPECT_FALSE(users.known(basic(wrong))) << wrong;
        EXPECT_FALSE(users.allow(basic(wrong))) << wrong;
    }
    EXPECT_FALSE(users.allow(basic("bob:b"))) << "the command line's password stands over the file's";
    EXPECT_EQ(users.known(basic("eve:x")), true);
    EXPECT_EQ(users.known(basic("bob:y")), true);
    EXPECT_EQ(users.known("Basic !"), false);
    EXPECT_TRUE(users.allow(basic("ann:a")));
    EXPECT_EQ(users.known(basic("ann:a")), true) << "from now on";
    EXPECT_EQ(Users({}, {{"eve", "x"}}).known(basic("ann:x")), false);
}

TEST(Users, AreReadFromWhatHtpasswdWrites) {
    const test::Folder folder;
    const std::string hash = hashed("secret", "$2b$");
    const auto users =
        Users::read_htpasswd(folder.write("good", "# comment\n\nann:" + hash + "\r\nbob:" + hash + "\n"));
    EXPECT_EQ(users.size(), 2U);
    EXPECT_EQ(users.at("ann"), hash);
    for (const char *bad :
         {"ann:$apr1$abc$def\n", "ann:{SHA}abc\n", "ann:plain\n", "ann\n", ":x\n", "# nobody\n", ""}) {
        const std::string path = folder.write("bad", bad);
        try {
            Users::read_htpasswd(path);
            ADD_FAILURE() << bad;
        } catch (const core::Error &e) {
            EXPECT_EQ(e.kind(), core::Kind::usage);
            EXPECT_THAT(e.message.english(), HasSubstr(path));
            EXPECT_THAT(e.message.english() + e.remedy.english(), testing::Not(HasSubstr("abc")))
                << "no hash in a message";
        }
    }
    EXPECT_THROW(Users::read_htpasswd(folder.path().string() + "/none"), core::Error);
}

TEST(ConstantTime, TellsWhatIsEqual) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    for (const char *other : {"", "ab", "abd", "xbc", "abcd"})
        EXPECT_FALSE(equal_in_constant_time("abc", other)) << other;
}

TEST(DemoImage, IsAnArchiveOfOneImageWithEveryDigestRight) {
    const DemoImage image = make_demo_image();
    test::MemoryDisk disk;
    disk.put("demo.tar", image.archive);
    const auto file = disk.open("demo.tar", false);
    const core::Contents contents = core::read_contents(*file, "x");
    EXPECT_THAT(contents.names,
                testing::ElementsAre(core::StoredName{"ferry-demo", "latest", contents.manifests.begin()->first}));
    EXPECT_EQ(contents.manifests.begin()->second.platform, image.platform);
    EXPECT_EQ(contents.blobs.size(), image.layers + 1);
    EXPECT_TRUE(contents.blobs.count(image.config));
    for (const auto &[digest, place] : contents.blobs) core::verify_blob(*file, place, digest, [] {});
    EXPECT_EQ(make_demo_image().archive, image.archive);
}

// A server over the demo's image, and raw connections to it.
class ServerTest : public testing::Test {
protected:
    ServerTest() { folder_.write("demo.tar", make_demo_image().archive); }

    void start(ServerRules rules) {
        server_ = std::make_unique<Server>(registry_, "127.0.0.1:0", nullptr, rules, [this](const Served &one) {
            const std::lock_guard lock(mutex_);
            served_.push_back(one);
            changed_.notify_all();
        });
    }
    int connect() {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(server_->address().substr(server_->address().rfind(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to), 0);
        timeval patience{60, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    static void send(int fd, const std::string &text) { (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
    // Until the server closes the connection; a server that does not makes the test fail.
    static std::string read_all(int fd) {
        std::string out;
        char buffer[4096];
        while (true) {
            const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
            if (got < 0 && errno != ECONNRESET) ADD_FAILURE() << "the server keeps the connection";
            if (got <= 0) break;
            out.append(buffer, static_cast<std::size_t>(got));
        }
        ::close(fd);
        return out;
    }
    std::string ask(const std::string &text) {
        const int fd = connect();
        send(fd, text);
        return read_all(fd);
    }

    test::Folder folder_;
    core::Store store_{folder_.path().string(), [](const core::Error &) {}, {}};
    ArchiveRegistry registry_{store_, nullptr};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Served> served_;
    std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersSeveralRequestsOnOneConnection) {
    start({});
    EXPECT_TRUE(server_->loopback());
    const std::string said =
        ask("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\nHEAD /v2/ferry-demo/manifests/latest HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /v2/_catalog HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(said, HasSubstr("Docker-Content-Digest: sha256:"));
    EXPECT_THAT(said, HasSubstr("{\"repositories\":[\"ferry-demo\"]}"));
}

TEST_F(ServerTest, TakesNoBodyForTheNextRequest) {
    start({});
    const std::string said = ask("POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
                                 "GET /v2/_catalog HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(said, HasSubstr("405"));
    EXPECT_THAT(said, testing::Not(HasSubstr("repositories")));
}

TEST_F(ServerTest, RefusesWhatIsNotARequestOrTooLarge) {
    start({});
    for (const std::string &request :
         {std::string("no http\r\n\r\n"), "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\n\r\n",
          "GET /v2/ HTTP/1.1\r\nX: " + std::string(20000, 'b') + "\r\n\r\n", "GET /v2/ HTTP/1.1\r\n" + [] {
              std::string many;
              for (int i = 0; i < 500; ++i) many += "X" + std::to_string(i) + ": y\r\n";
              return many;
          }() + "\r\n"})
        EXPECT_THAT(ask(request), testing::Not(HasSubstr("200 OK"))) << request.substr(0, 20);
    EXPECT_THAT(ask("GET /v2/ HTTP/1.1\r\nConnection: close\r\n\r\n"), HasSubstr("200 OK"));
}

TEST_F(ServerTest, CutsClientsThatDoNotFinishTheirRequest) {
    start({.most_connections = 4, .header_seconds = 1, .idle_seconds = 1, .stall_seconds = 1});
    for (const char *begin : {"", "GET /v2/ HT", "GET /v2/ HTTP/1.1\r\nHost: x\r\n"}) {
        const int fd = connect();
        send(fd, begin);
        // Byte after byte, so that no pause is long.
        std::jthread drip([fd](const std::stop_token &stop) {
            while (!stop.stop_requested()) {
                send(fd, "x");
                ::usleep(100'000);
            }
        });
        char byte;
        while (::recv(fd, &byte, 1, 0) > 0) continue;
        drip.request_stop();
        drip.join();
        ::close(fd);
    }
    EXPECT_THAT(ask("GET /v2/ HTTP/1.1\r\n\r\n"), HasSubstr("200 OK")) << "and a connection that is idle, in the end";
}

TEST_F(ServerTest, CutsClientsThatTakeNothing) {
    // More than the sockets' buffers hold.
    std::string config = R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["DIGEST"]}})";
    const std::string layer(32 << 20, 'x');
    config.replace(config.find("DIGEST"), 6, core::digest_of(layer));
    const auto member = [](const std::string &path, const std::string &content) {
        return core::tar_header(core::TarType::file, path, content.size(), 0644, 0) + content +
               std::string(core::tar_padding(content.size()), '\0');
    };
    folder_.write("big.tar",
                  member("c.json", config) +
                      member("manifest.json", R"([{"Config":"c.json","RepoTags":["big:1"],"Layers":["l"]}])") +
                      member("l", layer));
    start({.most_connections = 4, .header_seconds = 20, .idle_seconds = 20, .stall_seconds = 1});
    const int fd = connect();
    send(fd, "GET /v2/big/blobs/" + core::digest_of(layer) + " HTTP/1.1\r\n\r\n");
    char byte;
    ASSERT_EQ(::recv(fd, &byte, 1, 0), 1);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !served_.empty(); }); // without reading on
    EXPECT_LT(served_[0].bytes, layer.size());
    ::close(fd);
}

TEST_F(ServerTest, EndsWhileClientsAreConnected) {
    start({});
    const int idle = connect(), half = connect();
    send(half, "GET /v2/ HTTP");
    EXPECT_THAT(ask("GET /v2/ HTTP/1.1\r\nConnection: close\r\n\r\n"), HasSubstr("200"));
    server_.reset();
    read_all(idle);
    read_all(half);
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
    start({});
    for (const std::string &listen : {std::string("nowhere"), std::string("127.0.0.1:99999"), std::string("127.0.0.1:"),
                                      std::string("not a host:1")}) {
        try {
            const Server other(registry_, listen, nullptr, {}, [](const Served &) {});
            ADD_FAILURE() << listen;
        } catch (const core::Error &e) {
            EXPECT_EQ(e.kind(), core::Kind::usage) << listen;
            EXPECT_THAT(e.message.english(), HasSubstr(listen));
        }
    }
    try {
        const Server other(registry_, server_->address(), nullptr, {}, [](const Served &) {});
        ADD_FAILURE();
    } catch (const core::Error &e) {
        EXPECT_EQ(e.kind(), core::Kind::network);
    }
    const Server six(registry_, "[::1]:0", nullptr, {}, [](const Served &) {});
    EXPECT_TRUE(six.loopback());
    const Server any(registry_, ":0", nullptr, {}, [](const Served &) {});
    EXPECT_FALSE(any.loopback());
}

} // namespace
} // namespace ferry::cli
