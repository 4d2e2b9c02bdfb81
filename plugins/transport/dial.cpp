#include "transport/dial.h"

#include "transport/url.h"

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

std::vector<Address> lookup(const std::string &host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (code != 0) {
        const int system = errno;
        std::string text = "cannot resolve " + host + ": ";
        text += code == EAI_SYSTEM ? std::generic_category().message(system) : std::string(::gai_strerror(code));
        if (code == EAI_NONAME) text += "; check the spelling of the host name";
        if (code == EAI_AGAIN) text += "; is this machine online, and does its DNS server answer?";
        throw Error(FERRY_E_NETWORK, text).retryable(code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY);
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

std::vector<Address> resolve(const Resolver &resolver, const std::string &host, std::uint16_t port,
                             const std::string &peer, const Patience &patience) {
    in6_addr bytes;
    if (inet_pton(AF_INET, host.c_str(), &bytes) == 1 || host.find(':') != std::string::npos)
        return lookup(host, port, AI_NUMERICHOST);
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
        throw Error(FERRY_E_NETWORK, "cannot resolve " + host + ": this process can have no more threads").retryable();
    }
    const Patience looking{patience.op, patience.stall, patience.deadline, "looking up the host name"};
    for (;;) {
        await(-1, 0, shared->waker, looking, peer);
        const std::lock_guard lock(shared->mutex);
        if (!shared->done) continue;
        if (shared->error) throw *shared->error;
        if (shared->addresses.empty()) throw Error(FERRY_E_NETWORK, "cannot resolve " + host + ": it has no address");
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

// 0, or an errno.
int try_connect(int fd, const Address &to, const Waker &waker, const Patience &patience, const std::string &peer) {
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&to.storage), to.size) == 0) return 0;
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    await(fd, POLLOUT, waker, patience, peer);
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// An even share of what is left, but enough for a slow line.
std::optional<Clock::time_point> share(const std::optional<Clock::time_point> &deadline, std::size_t addresses) {
    if (!deadline || addresses <= 1) return deadline;
    const auto now = Clock::now();
    const auto part = std::max<Clock::duration>((*deadline - now) / static_cast<int>(addresses), std::chrono::seconds(2));
    return std::min(*deadline, now + part);
}

std::string advice(int error) {
    switch (error) {
    case ECONNREFUSED: return "; is the port right, and is the server running?";
    case ENETUNREACH:
    case EHOSTUNREACH: return "; check this machine's network, or set a proxy";
    default: return "";
    }
}

} // namespace

Resolver system_resolver() {
    return [](const std::string &host, std::uint16_t port) { return lookup(host, port, AI_ADDRCONFIG); };
}

Address address(const std::string &text, std::uint16_t port) {
    const auto found = lookup(text, port, AI_NUMERICHOST);
    return found.at(0);
}

Poco::AutoPtr<Wire> dial(const Resolver &resolver, const std::string &host, std::uint16_t port,
                         const std::string &peer, const Patience &patience) {
    patience.op.throw_if_cancelled();
    const auto addresses = resolve(resolver, host, port, peer, patience);
    std::optional<Error> first;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (first && patience.deadline && Clock::now() >= *patience.deadline) break;
        const Patience turn{patience.op, patience.stall, share(patience.deadline, addresses.size() - i), "connecting"};
        Socket socket(addresses[i].family());
        int error = socket.fd() < 0 ? errno : 0;
        try {
            Waker waker;
            if (!error) error = try_connect(socket.fd(), addresses[i], waker, turn, peer);
            if (!error) {
                const int on = 1;
                ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                Poco::AutoPtr<Wire> wire(new Wire(socket.fd(), std::move(waker), peer));
                socket.release();
                return wire;
            }
            if (!first)
                first = Error(FERRY_E_NETWORK, "cannot connect to " + peer + ": " +
                                                   lower(std::generic_category().message(error)) + advice(error))
                            .retryable();
        } catch (const Error &e) {
            if (e.code == FERRY_E_CANCELLED) throw;
            if (!first) first = e;
        }
    }
    throw *first;
}

} // namespace ferry::net
