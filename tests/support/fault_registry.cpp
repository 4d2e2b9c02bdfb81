#include "support/fault_registry.h"

#include "support/fault_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace ferry::test {

namespace {

constexpr std::string_view repository = "/v2/team/app/";

void must(bool ok, const char *what) {
    if (!ok) throw std::system_error(errno, std::generic_category(), std::string("fault registry: ") + what);
}

bool same(std::string_view a, std::string_view b) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return low(x) == low(y); });
}

FaultRequest parse(const std::string &text, bool at_store) {
    FaultRequest request;
    request.at_store = at_store;
    const auto space = text.find(' '), second = text.find(' ', space + 1);
    request.method = text.substr(0, space);
    request.target = text.substr(space + 1, second - space - 1);
    for (auto line = text.find("\r\n") + 2; line < text.size();) {
        const auto end = text.find("\r\n", line), colon = text.find(':', line);
        if (end == line || end == text.npos) break;
        const auto value = text.find_first_not_of(' ', colon + 1);
        request.headers.emplace_back(text.substr(line, colon - line), text.substr(value, end - value));
        line = end + 2;
    }
    return request;
}

std::uint64_t number(std::string_view text, std::uint64_t fallback) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

// "bytes=A-" and "bytes=A-B" are all that a client of blobs sends.
void take_range(FaultRequest &request, std::uint64_t size) {
    request.size = request.end = size;
    const std::string range = request.header("Range");
    const auto dash = range.find('-');
    if (range.rfind("bytes=", 0) != 0 || dash == range.npos) return;
    request.ranged = true;
    request.begin = number(std::string_view(range).substr(6, dash - 6), 0);
    request.end = std::min(number(std::string_view(range).substr(dash + 1), size - 1) + 1, size);
}

std::string head_of(int status, const std::vector<std::pair<std::string, std::string>> &fields) {
    std::string head = "HTTP/1.1 " + std::to_string(status) + " As Told\r\n";
    for (const auto &[name, value] : fields) head += name + ": " + value + "\r\n";
    return head + "\r\n";
}

bool short_answer(FaultConnection &wire, const FaultRequest &request, int status,
                  std::vector<std::pair<std::string, std::string>> fields, std::string_view body) {
    fields.emplace_back("Content-Length", std::to_string(body.size()));
    return wire.send(head_of(status, fields)) && (request.method == "HEAD" || wire.send(body));
}

} // namespace

std::string FaultRequest::header(std::string_view name) const {
    for (const auto &[key, value] : headers)
        if (same(key, name)) return value;
    return {};
}

struct FaultRegistry::Connection {
    FaultConnection wire;
    bool store;
};

FaultRegistry::FaultRegistry(std::size_t window) : window_(window), stop_(::eventfd(0, EFD_CLOEXEC)) {
    for (int i = 0; i < 2; ++i) {
        listeners_[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<unsigned>(i));
        must(::bind(listeners_[i], reinterpret_cast<sockaddr *>(&address), sizeof address) == 0, "bind");
        must(::listen(listeners_[i], 128) == 0, "listen");
        socklen_t size = sizeof address;
        ::getsockname(listeners_[i], reinterpret_cast<sockaddr *>(&address), &size);
        ports_[i] = ntohs(address.sin_port);
    }
    for (int i = 0; i < 2; ++i) acceptors_[i] = std::thread([this, i] { accept(i == 1); });
}

FaultRegistry::~FaultRegistry() {
    const std::uint64_t one = 1;
    if (::write(stop_, &one, sizeof one) != sizeof one) std::abort();
    for (std::thread &acceptor : acceptors_) acceptor.join();
    for (std::thread &thread : threads_) thread.join();
    for (const int fd : listeners_) ::close(fd);
    ::close(stop_);
}

std::string FaultRegistry::host() const {
    return "127.0.0.1:" + std::to_string(ports_[0]);
}
std::string FaultRegistry::store_host() const {
    return "127.0.0.2:" + std::to_string(ports_[1]);
}

void FaultRegistry::put(const std::string &tag, const FaultImage &image) {
    const std::lock_guard lock(mutex_);
    images_[tag] = image;
}

void FaultRegistry::reset() {
    const std::lock_guard lock(mutex_);
    policy_ = {};
    on_bytes_ = {};
    token_life_ = token_left_ = 0;
    signature_life_ = shared_ = 1;
    handed_ = 0;
    numbers_[0] = numbers_[1] = 0;
    requests_.clear();
    served_.clear();
    ++epoch_;
    bytes_ = 0;
    tokens_ = 0;
    most_connections_ = connections_.load();
}

void FaultRegistry::policy(FaultPolicy policy) {
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
}

void FaultRegistry::token_life(int requests) {
    const std::lock_guard lock(mutex_);
    token_life_ = requests;
    token_left_ = 0;
}

void FaultRegistry::signature_life(int requests, int shared) {
    const std::lock_guard lock(mutex_);
    signature_life_ = requests;
    shared_ = shared;
    handed_ = 0;
}

void FaultRegistry::on_bytes(std::function<void(std::uint64_t)> callback) {
    const std::lock_guard lock(mutex_);
    on_bytes_ = std::move(callback);
}

std::vector<FaultRegistry::Served> FaultRegistry::served() const {
    const std::lock_guard lock(mutex_);
    return served_;
}

std::uint64_t FaultRegistry::bytes_of(const std::string &blob) const {
    const std::lock_guard lock(mutex_);
    std::uint64_t total = 0;
    for (const Served &one : served_)
        if (one.blob == blob) total += one.bytes;
    return total;
}

std::size_t FaultRegistry::layer_requests() const {
    const std::lock_guard lock(mutex_);
    return numbers_[0] + numbers_[1];
}

std::vector<FaultRequest> FaultRegistry::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void FaultRegistry::accept(bool store) {
    for (;;) {
        pollfd two[2] = {{listeners_[store], POLLIN, 0}, {stop_, POLLIN, 0}};
        if (::poll(two, 2, -1) < 0 && errno != EINTR) return;
        if (two[1].revents) return;
        const int fd = ::accept4(listeners_[store], nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        const std::lock_guard lock(mutex_);
        threads_.emplace_back([this, fd, store] {
            Connection connection{{fd, stop_, window_}, store};
            const int now = ++connections_;
            for (int most = most_connections_; most < now && !most_connections_.compare_exchange_weak(most, now);) {
            }
            serve(connection);
            --connections_;
        });
    }
}

void FaultRegistry::serve(Connection &connection) {
    for (;;) {
        const std::string text = connection.wire.request();
        if (text.empty()) return;
        FaultRequest request = parse(text, connection.store);
        if (!answer(connection, request)) return;
    }
}

bool FaultRegistry::allowed(Connection &connection, const FaultRequest &request, bool &alive) {
    std::unique_lock lock(mutex_);
    if (connection.store) {
        const auto at = request.target.find("sig=");
        const auto left =
            signature_left_.find(at == std::string::npos ? 0 : std::atoi(request.target.c_str() + at + 4));
        if (left != signature_left_.end() && left->second-- > 0) return true;
        lock.unlock();
        alive = short_answer(connection.wire, request, 403, {{"Content-Type", "application/xml"}},
                             "<Error><Code>AccessDenied</Code></Error>");
        return false;
    }
    if (token_life_ == 0) return true;
    if (request.header("Authorization") == "Bearer secret-" + std::to_string(token_) && token_left_-- > 0) return true;
    lock.unlock();
    alive = short_answer(connection.wire, request, 401,
                         {{"WWW-Authenticate", "Bearer realm=\"http://" + host() + "/token\",service=\"fault\""}},
                         R"({"errors":[{"code":"UNAUTHORIZED","message":"the token is spent"}]})");
    return false;
}

std::string FaultRegistry::redirect_target(const std::string &digest) {
    const std::lock_guard lock(mutex_);
    if (handed_++ % shared_ == 0) signature_left_[++signature_] = signature_life_;
    return "http://" + store_host() + "/" + digest + "?sig=" + std::to_string(signature_);
}

// Tells the policy of it, and keeps it.
Fault FaultRegistry::examine(FaultRequest &request) {
    FaultPolicy policy;
    {
        const std::lock_guard lock(mutex_);
        if (!request.blob.empty()) request.number = numbers_[request.at_store]++;
        requests_.push_back(request);
        policy = policy_;
    }
    return policy ? policy(request) : Fault();
}

bool FaultRegistry::answer(Connection &connection, FaultRequest &request) {
    FaultConnection &wire = connection.wire;
    if (!request.at_store && request.target.rfind("/token", 0) == 0) {
        std::string token;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
            token = "secret-" + std::to_string(++token_);
            token_left_ = token_life_;
        }
        ++tokens_;
        return short_answer(wire, request, 200, {{"Content-Type", "application/json"}},
                            "{\"token\":\"" + token + "\",\"expires_in\":3600}");
    }
    const std::string path = request.target.substr(0, request.target.find('?'));
    const std::string name = path.substr(path.rfind('/') + 1);
    const bool manifest = !request.at_store && path.rfind(std::string(repository) + "manifests/", 0) == 0;
    const std::string *found = nullptr;
    {
        const std::lock_guard lock(mutex_);
        for (const auto &[tag, image] : images_) {
            if (manifest && (tag == name || image.manifest_digest == name)) found = &image.manifest;
            const auto blob = image.blobs.find(name);
            if (manifest || blob == image.blobs.end()) continue;
            found = &blob->second;
            if (name != image.config_digest) request.blob = name;
        }
    }
    if (found) take_range(request, found->size());
    const Fault fault = examine(request);
    bool alive = true;
    if (!allowed(connection, request, alive)) return alive;
    if (fault.mute) return false;
    if (fault.status) {
        if (!short_answer(wire, request, fault.status, fault.fields,
                          R"({"errors":[{"code":"TOLD","message":"as the policy says"}]})"))
            return false;
        return !fault.hang_up;
    }
    if (!found)
        return short_answer(wire, request, 404, {}, R"({"errors":[{"code":"NAME_UNKNOWN","message":"not here"}]})");
    if (fault.redirect && !request.at_store)
        return short_answer(wire, request, 307, {{"Location", redirect_target(name)}}, "");
    return answer_bytes(connection, request, *found, fault);
}

bool FaultRegistry::answer_bytes(Connection &connection, FaultRequest &request, const std::string &bytes,
                                 const Fault &fault) {
    const bool partial = request.ranged && !fault.ignore_range;
    if (partial && request.begin >= bytes.size())
        return short_answer(connection.wire, request, 416,
                            {{"Content-Range", "bytes */" + std::to_string(bytes.size())}}, "");
    const std::uint64_t end = partial ? request.end : bytes.size();
    const std::uint64_t begin = std::min((partial ? request.begin : 0) + fault.shift, end);
    std::string_view body = std::string_view(bytes).substr(begin, end - begin);
    std::string spoiled;
    if (fault.flip && *fault.flip >= begin && *fault.flip < end) {
        spoiled = body;
        spoiled[*fault.flip - begin] = static_cast<char>(spoiled[*fault.flip - begin] ^ 0x20);
        body = spoiled;
    }
    if (fault.content_length) body = body.substr(0, *fault.content_length);
    auto fields = fault.fields;
    fields.emplace_back("Content-Type", request.target.find("/manifests/") != std::string::npos
                                            ? "application/vnd.oci.image.manifest.v1+json"
                                            : "application/octet-stream");
    if (fault.chunked)
        fields.emplace_back("Transfer-Encoding", "chunked");
    else
        fields.emplace_back("Content-Length", std::to_string(fault.content_length.value_or(body.size())));
    if (partial)
        fields.emplace_back("Content-Range", fault.content_range.empty()
                                                 ? "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) +
                                                       "/" + std::to_string(bytes.size())
                                                 : fault.content_range);
    request.begin = begin;
    if (!connection.wire.send(head_of(partial ? 206 : 200, fields))) return false;
    if (request.method == "HEAD") return true;
    return send_body(connection, request, body, fault) && !fault.hang_up;
}

bool FaultRegistry::send_body(Connection &connection, const FaultRequest &request, std::string_view body,
                              const Fault &fault) {
    FaultConnection &wire = connection.wire;
    const std::uint64_t promised = fault.content_length.value_or(body.size());
    const bool stops = fault.stop_after && *fault.stop_after < body.size();
    std::string_view rest = stops ? body.substr(0, *fault.stop_after) : body;
    std::function<void(std::uint64_t)> on_bytes;
    std::size_t entry = 0;
    unsigned epoch = 0;
    if (!request.blob.empty()) {
        const std::lock_guard lock(mutex_);
        on_bytes = on_bytes_;
        epoch = epoch_;
        entry = served_.size();
        served_.push_back({request.blob, request.begin, 0});
    }
    bool alive = true;
    while (alive && !rest.empty()) {
        const std::string_view next = rest.substr(0, fault.drip ? fault.drip : fault.chunked ? 10'000 : rest.size());
        if (fault.chunked) {
            char size[20];
            std::snprintf(size, sizeof size, "%zx\r\n", next.size());
            alive = wire.send(size);
        }
        for (std::string_view left = next; alive && !left.empty();) {
            const std::size_t sent = wire.send_some(left);
            left.remove_prefix(sent);
            rest.remove_prefix(sent);
            alive = sent > 0;
            if (request.blob.empty()) continue;
            std::uint64_t total;
            {
                const std::lock_guard lock(mutex_);
                if (epoch != epoch_) continue;
                served_[entry].bytes += sent;
                total = bytes_ += sent;
            }
            if (on_bytes) on_bytes(total);
        }
        if (alive && fault.chunked) alive = wire.send("\r\n");
        if (alive && fault.drip) wire.pause(1);
    }
    if (!alive) return false;
    if (stops) {
        if (fault.then == Fault::Then::reset) wire.reset();
        if (fault.then == Fault::Then::stall) wire.hold();
        return false;
    }
    if (fault.chunked) return wire.send("0\r\n\r\n");
    return promised <= body.size();
}

} // namespace ferry::test
