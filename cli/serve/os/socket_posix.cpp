#include "cli/serve/os/socket.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ferry::cli {

namespace {

int of(std::intptr_t number) noexcept {
    return static_cast<int>(number);
}

// What may lie in the kernel unsent, so that a slow client holds little memory and its pace is seen.
constexpr int most_unsent = 512 << 10;

Moved moved(ssize_t done, Io wants) {
    if (done > 0) return {Io::done, static_cast<std::size_t>(done)};
    if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {wants, 0};
    return {Io::ended, 0};
}

} // namespace

Socket::Socket(Number number) : number_(number) {
    const int fd = of(number_);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef TCP_NOTSENT_LOWAT
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
#endif
}

Socket::~Socket() {
    ::close(of(number_));
}

void Socket::cut() const noexcept {
    ::shutdown(of(number_), SHUT_RDWR);
}

void Socket::drop_rest() const noexcept {
    const linger at_once{1, 0};
    ::setsockopt(of(number_), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Moved Socket::read(void *data, std::size_t size) const {
    return moved(::recv(of(number_), data, size, 0), Io::wants_read);
}

Moved Socket::peek(unsigned char &byte) const {
    return moved(::recv(of(number_), &byte, 1, MSG_PEEK), Io::wants_read);
}

Moved Socket::write(const void *data, std::size_t size, bool more) const {
    return moved(::send(of(number_), data, size, MSG_NOSIGNAL | (more ? MSG_MORE : 0)), Io::wants_write);
}

Moved Socket::send_file(std::intptr_t file, std::uint64_t offset, std::uint64_t size) const {
    auto from = static_cast<off_t>(offset);
    return moved(::sendfile(of(number_), of(file), &from, size), Io::wants_write);
}

void Socket::end_output() const noexcept {
    ::shutdown(of(number_), SHUT_WR);
}

Accepted accept_from(Socket::Number listener) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int number =
        ::accept4(of(listener), reinterpret_cast<sockaddr *>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number < 0) {
        const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        const bool empty = errno == EAGAIN || errno == EWOULDBLOCK;
        return {exhausted ? Accepted::Outcome::exhausted
                : empty   ? Accepted::Outcome::none
                          : Accepted::Outcome::lost,
                -1,
                {}};
    }
    std::array<char, NI_MAXHOST> name{};
    if (::getnameinfo(reinterpret_cast<sockaddr *>(&from), size, name.data(), name.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
        name[0] = '?';
    return {Accepted::Outcome::done, number, name.data()};
}

} // namespace ferry::cli
