#include "transport/dial.h"

#include "transport/url.h"

#include <ferry/text.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace ferry::net {

namespace {

std::vector<Address> ask_system(const std::string &host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (code != 0) {
        const int system = errno;
        const char *format = later("cannot resolve {}: {}");
        if (code == EAI_NONAME) format = later("cannot resolve {}: {}; is the name right, and is this machine online?");
        if (code == EAI_AGAIN)
            format = later("cannot resolve {}: {}; is this machine online, and does its DNS server answer?");
        const std::string why =
            code == EAI_SYSTEM ? std::generic_category().message(system) : std::string(::gai_strerror(code));
        throw Error(FERRY_E_NETWORK, say(format, host, why))
            .retryable(code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY);
    }
    std::vector<Address> addresses;
    for (const addrinfo *one = found; one; one = one->ai_next) {
        Address &made = addresses.emplace_back();
        made.size = std::min<socklen_t>(one->ai_addrlen, sizeof made.storage);
        std::memcpy(&made.storage, one->ai_addr, made.size);
    }
    ::freeaddrinfo(found);
    return addresses;
}

// What the resolving thread and the waiting thread share; the last of the two frees it.
struct Lookup {
    Waker waker;
    std::mutex mutex;
    bool done = false;
    std::vector<Address> addresses;
    std::optional<Error> error;
};

std::vector<Address> resolve(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                             const Patience &patience) {
    in6_addr bytes;
    if (inet_pton(AF_INET, host.c_str(), &bytes) == 1 || host.find(':') != std::string::npos)
        return ask_system(host, port, AI_NUMERICHOST);
    const auto shared = std::make_shared<Lookup>();
    // Detached, because getaddrinfo cannot be interrupted: a cancelled dial must not wait for it.
    const auto look = [shared, resolver, host, port] {
        std::vector<Address> addresses;
        std::optional<Error> error;
        try {
            addresses = resolver(host, port);
        } catch (const Error &e) {
            error = e;
        } catch (const std::exception &e) {
            error = Error(FERRY_E_INTERNAL, e.what());
        }
        const std::lock_guard lock(shared->mutex);
        shared->addresses = std::move(addresses);
        shared->error = std::move(error);
        shared->done = true;
        shared->waker.wake();
    };
    try {
        std::thread(look).detach();
    } catch (const std::system_error &) {
        throw Error(FERRY_E_NETWORK, say("cannot resolve {}: this process can have no more threads", host)).retryable();
    }
    const Patience looking{patience.op, patience.stall, patience.deadline,
                           later("{}: timed out looking up the host name")};
    for (;;) {
        await(-1, 0, shared->waker, looking, peer);
        const std::lock_guard lock(shared->mutex);
        if (!shared->done) continue;
        if (shared->error) throw *shared->error;
        if (shared->addresses.empty()) throw Error(FERRY_E_NETWORK, say("cannot resolve {}: it has no address", host));
        return std::move(shared->addresses);
    }
}

class Socket {
public:
    explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;
    int fd() const noexcept { return fd_; }
    void release() noexcept { fd_ = -1; }

private:
    int fd_;
};

Text refusal(const Text &peer, int error) {
    const std::string why = lower(std::generic_category().message(error));
    switch (error) {
    case ECONNREFUSED: return say("cannot connect to {}: {}; is the port right, and is the server running?", peer, why);
    case ENETUNREACH:
    case EHOSTUNREACH: return say("cannot connect to {}: {}; check this machine's network, or set a proxy", peer, why);
    default: return say("cannot connect to {}: {}", peer, why);
    }
}

// Attempts to connect to several addresses, each begun a little after the one before or when that one failed; the first
// that stands wins (RFC 8305 section 5).
class Race {
public:
    Race(const std::vector<Address> &addresses, const Text &peer, const Patience &patience)
        : addresses_(addresses), peer_(peer), patience_(patience) {}

    // The connected descriptor, the caller's from now on.
    int run() {
        const OnCancel wake(patience_.op, [this]() noexcept { waker_.wake(); });
        if (patience_.stall && (!end_ || Clock::now() + *patience_.stall < *end_))
            end_ = Clock::now() + *patience_.stall;
        while (winner_ < 0) {
            patience_.op.throw_if_cancelled();
            const auto now = Clock::now();
            if (end_ && now >= *end_) give_up();
            if (next_ < addresses_.size() && (running_.empty() || now >= next_start_))
                start(addresses_[next_++]);
            else if (running_.empty())
                throw *first_;
            else
                watch();
        }
        return std::exchange(winner_, -1);
    }
    ~Race() {
        if (winner_ >= 0) ::close(winner_);
    }
    Race(const Race &) = delete;
    Race &operator=(const Race &) = delete;

private:
    static constexpr std::chrono::milliseconds delay{250};

    void start(const Address &to) {
        next_start_ = Clock::now() + delay;
        auto socket = std::make_unique<Socket>(to.family());
        if (socket->fd() < 0) return failed(errno);
        if (::connect(socket->fd(), reinterpret_cast<const sockaddr *>(&to.storage), to.size) == 0) return won(*socket);
        if (errno != EINPROGRESS && errno != EINTR) return failed(errno);
        running_.push_back(std::move(socket));
    }

    void watch() {
        using std::chrono::milliseconds;
        std::vector<pollfd> all{{waker_.fd(), POLLIN, 0}};
        for (const auto &socket : running_) all.push_back({socket->fd(), POLLOUT, 0});
        auto until = end_;
        if (next_ < addresses_.size() && (!until || next_start_ < *until)) until = next_start_;
        int limit = -1;
        if (until)
            limit = static_cast<int>(std::clamp<milliseconds::rep>(
                std::chrono::ceil<milliseconds>(*until - Clock::now()).count(), 0, 3'600'000));
        if (::poll(all.data(), all.size(), limit) < 0 && errno != EINTR)
            throw Error(FERRY_E_NETWORK, say("cannot wait for {}: {}", peer_, std::generic_category().message(errno)));
        patience_.op.throw_if_cancelled();
        if (all[0].revents) waker_.rest();
        std::vector<std::unique_ptr<Socket>> left;
        for (std::size_t i = 0; i < running_.size(); ++i) {
            if (!all[i + 1].revents || winner_ >= 0) {
                left.push_back(std::move(running_[i]));
                continue;
            }
            int error = 0;
            socklen_t size = sizeof error;
            if (::getsockopt(running_[i]->fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
            if (error)
                failed(error);
            else
                won(*running_[i]);
        }
        running_ = std::move(left);
    }

    void won(Socket &socket) {
        winner_ = socket.fd();
        socket.release();
    }
    void failed(int error) {
        next_start_ = Clock::now();
        if (!first_) first_ = Error(FERRY_E_NETWORK, refusal(peer_, error));
        // Where nothing listens, nothing will in a second; a network may come back.
        if (error != ECONNREFUSED) first_->retryable();
    }
    [[noreturn]] void give_up() const {
        // An address that refused says more than one that is silent.
        if (first_) throw *first_;
        throw Error(FERRY_E_TIMEOUT, say(patience_.overdue, peer_)).retryable();
    }

    const std::vector<Address> &addresses_;
    const Text &peer_;
    const Patience &patience_;
    Waker waker_;
    std::optional<Clock::time_point> end_ = patience_.deadline;
    std::size_t next_ = 0;
    Clock::time_point next_start_;
    std::vector<std::unique_ptr<Socket>> running_;
    std::optional<Error> first_;
    int winner_ = -1;
};

} // namespace

Resolver system_resolver() {
    return [](const std::string &host, std::uint16_t port) { return ask_system(host, port, AI_ADDRCONFIG); };
}

Address address(const std::string &text, std::uint16_t port) {
    const auto found = ask_system(text, port, AI_NUMERICHOST);
    return found.at(0);
}

std::vector<Address> interleave(std::vector<Address> addresses) {
    if (addresses.empty()) return addresses;
    const int first = addresses.front().family();
    std::vector<Address> ordered, ones, others;
    for (const Address &one : addresses) (one.family() == first ? ones : others).push_back(one);
    for (std::size_t i = 0; i < std::max(ones.size(), others.size()); ++i) {
        if (i < ones.size()) ordered.push_back(ones[i]);
        if (i < others.size()) ordered.push_back(others[i]);
    }
    return ordered;
}

Poco::AutoPtr<Wire> dial(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                         const Patience &patience) {
    patience.op.throw_if_cancelled();
    return dial(lookup(resolver, host, port, peer, patience), peer, patience);
}

Poco::AutoPtr<Wire> dial(const std::vector<Address> &addresses, const Text &peer, const Patience &patience) {
    Race race(addresses, peer, patience);
    const int fd = race.run();
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    try {
        return Poco::AutoPtr<Wire>(new Wire(fd, Waker(), peer));
    } catch (...) {
        ::close(fd);
        throw;
    }
}

std::vector<Address> lookup(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                            const Patience &patience) {
    return interleave(resolve(resolver, host, port, peer, patience));
}

} // namespace ferry::net
