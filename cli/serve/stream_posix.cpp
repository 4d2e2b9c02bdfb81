#include "cli/serve/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace ferry::cli {

namespace {

// What may lie in the kernel unsent, so that a slow client holds little memory and its pace is seen.
constexpr int most_unsent = 512 << 10;

Moved moved(ssize_t done, Io wants) {
    if (done > 0) return {Io::done, static_cast<std::size_t>(done)};
    if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {wants, 0};
    return {Io::ended, 0};
}

class Plain final : public Stream {
public:
    explicit Plain(const Socket &socket) : socket_(socket) {}
    Moved read(void *data, std::size_t size) override { return socket_.read(data, size); }
    Moved write(const void *data, std::size_t size, bool more) override { return socket_.write(data, size, more); }
    Moved send_file(core::File &file, std::uint64_t offset, std::uint64_t size) override {
        if (const int number = file.descriptor(); number >= 0) return socket_.send_file(number, offset, size);
        thread_local std::vector<char> buffer(64 << 10);
        const std::size_t got = file.read_at(offset, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
        return got ? socket_.write(buffer.data(), got, got < size) : Moved{};
    }
    void end_output() override { socket_.end_output(); }

private:
    const Socket &socket_;
};

} // namespace

Socket::Socket(int number) : number_(number) {
    ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
    const int on = 1;
    ::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef TCP_NOTSENT_LOWAT
    ::setsockopt(number, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
#endif
}

Socket::~Socket() {
    ::close(number_);
}

void Socket::cut() const noexcept {
    ::shutdown(number_, SHUT_RDWR);
}

void Socket::drop_rest() const noexcept {
    const linger at_once{1, 0};
    ::setsockopt(number_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Moved Socket::read(void *data, std::size_t size) const {
    return moved(::recv(number_, data, size, 0), Io::wants_read);
}

Moved Socket::peek(unsigned char &byte) const {
    return moved(::recv(number_, &byte, 1, MSG_PEEK), Io::wants_read);
}

Moved Socket::write(const void *data, std::size_t size, bool more) const {
    return moved(::send(number_, data, size, MSG_NOSIGNAL | (more ? MSG_MORE : 0)), Io::wants_write);
}

Moved Socket::send_file(int file, std::uint64_t offset, std::uint64_t size) const {
    auto from = static_cast<off_t>(offset);
    return moved(::sendfile(number_, file, &from, size), Io::wants_write);
}

void Socket::end_output() const noexcept {
    ::shutdown(number_, SHUT_WR);
}

int accept_from(int listener, std::string &address, int &code) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int number = ::accept4(listener, reinterpret_cast<sockaddr *>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    code = errno;
    if (number < 0) return number;
    std::array<char, NI_MAXHOST> name{};
    if (::getnameinfo(reinterpret_cast<sockaddr *>(&from), size, name.data(), name.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
        name[0] = '?';
    address = name.data();
    return number;
}

void ignore_broken_pipes() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::size_t most_open_files(bool raise) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (raise && limit.rlim_cur < limit.rlim_max) {
        rlimit wanted = limit;
        wanted.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1 << 20);
        if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
    }
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

std::unique_ptr<Stream> plain_stream(const Socket &socket) {
    return std::make_unique<Plain>(socket);
}

} // namespace ferry::cli
