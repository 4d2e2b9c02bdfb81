// Many connections at once: slow ones, idle ones, more than there is room for. No time is measured: what must not wait
// is shown to be done while the others still hold theirs.
#include "cli/serve/archive_registry.h"
#include "cli/serve/lanes.h"
#include "cli/serve/server.h"
#include "core/archive/tar.h"
#include "core/base/digest.h"
#include "support/folder.h"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <future>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ferry::cli {
namespace {

using testing::HasSubstr;

class Client {
public:
    explicit Client(const std::string &address, int buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (buffer) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr *>(&to), sizeof to), 0);
        timeval patience{60, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Client() { ::close(socket_); }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    void say_to(const std::string &text) const { (void)!::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
    void get(const std::string &path, bool close = true) const {
        say_to("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + (close ? "Connection: close\r\n" : "") + "\r\n");
    }
    // At least so many bytes, unless the server closes before.
    void read(std::size_t size) {
        std::vector<char> buffer(64 << 10);
        while (said.size() < size) {
            const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
            if (got < 0) error = errno;
            if (got <= 0) return;
            said.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }
    void read_all() { read(SIZE_MAX); }
    int number() const { return socket_; }
    std::string body() const { return said.substr(std::min(said.find("\r\n\r\n") + 4, said.size())); }

    std::string said;
    int error = 0;

private:
    int socket_;
};

class LoadTest : public testing::Test {
protected:
    static constexpr std::size_t layer_size = 3 << 20;

    LoadTest() {
        rlimit files{};
        ::getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
        layer_.reserve(layer_size);
        for (std::uint32_t i = 0, x = 1; i < layer_size / 4; ++i, x = x * 1664525 + 1013904223)
            layer_.append(reinterpret_cast<const char *>(&x), 4);
        digest_ = core::digest_of(layer_);
        folder_.write("big.tar", archive(layer_, "big:1"));
    }

    static std::string archive(const std::string &layer, const std::string &tag) {
        const auto member = [](const std::string &path, const std::string &content) {
            return core::tar_header(core::TarType::file, path, content.size(), 0644, 0) + content +
                   std::string(core::tar_padding(content.size()), '\0');
        };
        return member("c.json", R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[")" +
                                    core::digest_of(layer) + R"("]}})") +
               member("manifest.json", R"([{"Config":"c.json","RepoTags":[")" + tag + R"("],"Layers":["l"]}])") +
               member("l", layer);
    }

    void start(ServerRules rules = {}) {
        server_ = std::make_unique<Server>(registry_, "127.0.0.1:0", nullptr, rules, [](const Served &) {});
    }
    std::string ask(const std::string &path) {
        Client client(server_->address());
        client.get(path);
        client.read_all();
        return client.said;
    }
    std::string blob() const { return "/v2/big/blobs/" + digest_; }

    test::Folder folder_;
    std::string layer_, digest_;
    core::Store store_{folder_.path().string(), [](const core::Error &) {}, {}};
    ArchiveRegistry registry_{store_, nullptr};
    std::unique_ptr<Server> server_;
};

TEST_F(LoadTest, TwoThousandIdleAndHundredsOfSlowClientsStandInNobodysWay) {
    start({.header_seconds = 3600, .idle_seconds = 3600, .stall_seconds = 3600});
    ask("/v2/"); // the folder is known from here on
    ask(blob());
    std::vector<std::unique_ptr<Client>> idle, slow;
    for (int i = 0; i < 2000; ++i) {
        idle.push_back(std::make_unique<Client>(server_->address()));
        idle.back()->say_to(
            std::string("GET /v2/ HTTP/1.1\r\nHost: x\r\n").substr(0, static_cast<std::size_t>(i % 29)));
    }
    for (int i = 0; i < 64 * 4; ++i) {
        slow.push_back(std::make_unique<Client>(server_->address(), 16 << 10));
        slow.back()->get(blob());
    }
    for (const auto &one : slow) one->read(1); // all are being answered, and take no more
    EXPECT_THAT(ask("/v2/"), HasSubstr("200 OK"));
    for (int i = 0; i < 8; ++i) {
        Client quick(server_->address());
        quick.get(blob());
        quick.read_all();
        EXPECT_EQ(core::digest_of(quick.body()), digest_);
    }
    std::size_t whole = 0;
    for (const auto &one : slow) {
        one->read_all();
        whole += one->error == 0 && core::digest_of(one->body()) == digest_;
        one->said.clear();
    }
    EXPECT_EQ(whole, slow.size());
    char byte = 0;
    for (const auto &one : idle)
        EXPECT_EQ(::recv(one->number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT), -1) << "still open";
}

TEST_F(LoadTest, WhoFindsNoRoomIsToldToComeAgain) {
    start({.most_connections = 4, .retry_seconds = 7});
    std::vector<std::unique_ptr<Client>> busy;
    for (int i = 0; i < 4; ++i) {
        busy.push_back(std::make_unique<Client>(server_->address(), 4 << 10));
        busy.back()->get(blob());
        busy.back()->read(1);
    }
    for (int i = 0; i < 10; ++i) {
        const std::string said = ask("/v2/");
        EXPECT_THAT(said, testing::StartsWith("HTTP/1.1 503 "));
        EXPECT_THAT(said, HasSubstr("\r\nRetry-After: 7\r\n"));
        EXPECT_THAT(said, HasSubstr("TOOMANYREQUESTS"));
    }
    busy[0]->read_all();
    EXPECT_EQ(core::digest_of(busy[0]->body()), digest_);
    busy.clear();
    // Their places are free again when the server has seen them go.
    std::string said;
    while ((said = ask("/v2/")).find(" 503 ") != said.npos) ::usleep(10'000);
    EXPECT_THAT(said, HasSubstr("200 OK"));
}

TEST_F(LoadTest, IdleConnectionsMakeRoom) {
    start({.most_connections = 8});
    std::vector<std::unique_ptr<Client>> idle;
    for (int i = 0; i < 20; ++i) {
        idle.push_back(std::make_unique<Client>(server_->address()));
        idle.back()->get("/v2/", false);
        idle.back()->read(1);
        EXPECT_THAT(idle.back()->said, testing::StartsWith("HTTP/1.1 200 ")) << i;
    }
    EXPECT_THAT(ask("/v2/"), HasSubstr("200 OK"));
    idle.front()->said.clear();
    idle.front()->read_all();
    EXPECT_EQ(idle.front()->error, 0) << "the one that was idle longest was closed";
}

TEST_F(LoadTest, PipelinedRequestsAreAnsweredInTheirOrder) {
    start();
    Client client(server_->address());
    std::string all;
    for (int i = 0; i < 300; ++i)
        all += "GET /v2/big/blobs/" + digest_ + " HTTP/1.1\r\nHost: x\r\nRange: bytes=" + std::to_string(i) + "-" +
               std::to_string(i) + "\r\n\r\n";
    client.say_to(all);
    client.get("/v2/");
    client.read_all();
    std::size_t at = 0;
    for (int i = 0; i < 300; ++i) {
        at = client.said.find("Content-Range: bytes " + std::to_string(i) + "-", at);
        ASSERT_NE(at, std::string::npos) << i;
        const auto body = client.said.find("\r\n\r\n", at) + 4;
        EXPECT_EQ(client.said[body], layer_[static_cast<std::size_t>(i)]);
    }
}

TEST_F(LoadTest, AHelloOfTlsIsToldAtOnceThatThisIsPlainHttp) {
    start();
    for (const int second : {0, 1, 3, 0x0a, 0x20, 0xff}) {
        Client client(server_->address());
        std::string hello = "\x16\x03\x01\x02\x05\x01";
        hello += static_cast<char>(second);
        client.say_to(hello);
        client.read_all(); // although nothing ends it
        EXPECT_THAT(client.said, testing::StartsWith("HTTP/1.1 400 "));
        EXPECT_THAT(client.said, HasSubstr("plain http"));
        EXPECT_EQ(client.error, 0);
    }
}

TEST_F(LoadTest, ARefusedBodyDoesNotTakeTheAnswerAway) {
    start();
    Client client(server_->address());
    client.say_to("PUT /v2/a/blobs/uploads/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
                  std::string(1'000'000, 'x'));
    client.read_all();
    EXPECT_THAT(client.said, testing::StartsWith("HTTP/1.1 405 "));
    EXPECT_EQ(client.error, 0);
}

TEST_F(LoadTest, AnArchiveThatIsWrittenToWhileItIsSentDoesNotBecomeAWholeAnswer) {
    start();
    Client client(server_->address(), 4 << 10);
    client.get(blob());
    client.read(1);
    folder_.write("big.tar", archive(std::string(layer_size, 'x'), "big:1"));
    client.read_all();
    EXPECT_LT(client.body().size(), layer_size);
}

// A handler whose answers wait until the test releases them.
class Gate final : public Handler {
public:
    Outcome answer(Request request) override {
        if (request.target == "/quick") return {said(request.target)};
        return {Work{request.target == "/password" ? Work::Kind::password : Work::Kind::blob, request.field("Lane"),
                     [this, target = request.target]() -> Outcome {
                         opened_.wait();
                         return {said(target)};
                     }}};
    }
    void open() { open_.set_value(); }

private:
    static Answer said(const std::string &text) {
        Answer answer;
        answer.body = std::make_shared<const std::string>("<" + text + ">");
        return answer;
    }
    std::promise<void> open_;
    const std::shared_future<void> opened_ = open_.get_future().share();
};

TEST(SlowAnswers, HoldNoOther) {
    Gate gate;
    Server server(gate, "127.0.0.1:0", nullptr, {}, [](const Served &) {});
    std::vector<std::unique_ptr<Client>> waiting;
    for (int i = 0; i < 200; ++i) {
        waiting.push_back(std::make_unique<Client>(server.address()));
        waiting.back()->get(i % 2 ? "/password" : "/blob");
    }
    Client quick(server.address());
    quick.get("/quick");
    quick.read_all();
    EXPECT_THAT(quick.said, HasSubstr("</quick>"));
    gate.open();
    for (const auto &one : waiting) {
        one->read_all();
        EXPECT_THAT(one->said, HasSubstr("200 OK"));
    }
}

TEST(Lanes, DoWorkOfOneLaneOneAfterAnotherAndOfOthersMeanwhile) {
    std::promise<void> open, other;
    const std::shared_future<void> opened = open.get_future().share();
    std::atomic<int> at_once{0}, most{0}, done{0};
    {
        Lanes lanes(3);
        for (int i = 0; i < 50; ++i)
            lanes.add("a", [&] {
                most = std::max(most.load(), ++at_once);
                opened.wait();
                --at_once;
                ++done;
            });
        lanes.add("b", [&] { other.set_value(); });
        other.get_future().wait(); // while the first of a holds its thread
        EXPECT_EQ(done, 0);
        open.set_value();
        std::promise<void> last;
        lanes.add("a", [&] { last.set_value(); });
        last.get_future().wait();
    }
    EXPECT_EQ(done, 50);
    EXPECT_EQ(most, 1);
}

} // namespace
} // namespace ferry::cli
