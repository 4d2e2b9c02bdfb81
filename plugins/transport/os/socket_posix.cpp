#include "transport/os/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace ferry::net::os {

namespace {

int number(Handle socket) noexcept {
    return static_cast<int>(socket);
}

Failure failure_of(int code) noexcept {
    switch (code) {
    case 0: return {};
    case ECONNREFUSED: return {Failure::refused, code};
    case ENETUNREACH:
    case EHOSTUNREACH: return {Failure::unreachable, code};
    default: return {Failure::other, code};
    }
}

// The system's form of an address, and its size.
socklen_t write_address(const Address &address, sockaddr_storage &out) noexcept {
    const auto bytes = octets(address.ip);
    if (address.is_ipv4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(address.port);
        std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
        std::memcpy(&out, &in, sizeof in);
        return sizeof in;
    }
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    in.sin6_scope_id = address.scope;
    std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
}

Transfer transfer_of(ssize_t result) noexcept {
    if (result > 0) return {Transfer::done, static_cast<std::size_t>(result)};
    if (result == 0) return {Transfer::closed};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Transfer::wait};
    return {Transfer::failed, 0, failure_of(errno)};
}

} // namespace

std::string Failure::text() const {
    return std::generic_category().message(code);
}

Socket::~Socket() {
    if (handle_ != Handle::none) ::close(number(handle_));
}

Attempt connect(const Address &to) noexcept {
    const int fd = ::socket(to.is_ipv4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return {Socket(), false, failure_of(errno)};
    Attempt attempt{Socket(Handle(fd))};
    sockaddr_storage address;
    const socklen_t size = write_address(to, address);
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), size) == 0)
        attempt.connected = true;
    else if (errno != EINPROGRESS && errno != EINTR)
        attempt.failure = failure_of(errno);
    return attempt;
}

Failure outcome(Handle socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    return failure_of(::getsockopt(number(socket), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno);
}

Transfer receive(Handle socket, void *buffer, std::size_t capacity) noexcept {
    return transfer_of(::recv(number(socket), buffer, capacity, 0));
}

Transfer send(Handle socket, const void *bytes, std::size_t size) noexcept {
    const ssize_t sent = ::send(number(socket), bytes, size, MSG_NOSIGNAL);
    return sent == 0 ? Transfer{Transfer::done} : transfer_of(sent);
}

void send_at_once(Handle socket) noexcept {
    const int on = 1;
    ::setsockopt(number(socket), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void gather(Handle socket, int bytes, std::chrono::milliseconds limit) noexcept {
    constexpr int anything = 1;
    if (::setsockopt(number(socket), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) != 0) return;
    pollfd one{number(socket), POLLIN, 0};
    ::poll(&one, 1, static_cast<int>(limit.count()));
    ::setsockopt(number(socket), SOL_SOCKET, SO_RCVLOWAT, &anything, sizeof anything);
}

bool quiet(Handle socket) noexcept {
    pollfd one{number(socket), POLLIN, 0};
    return ::poll(&one, 1, 0) == 0;
}

} // namespace ferry::net::os
