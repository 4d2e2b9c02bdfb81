#include "support/fault_connection.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ferry::test {

namespace {

constexpr std::size_t piece = 64 << 10;

// What asks about the socket at the other end of this one (sock_diag(7)): both are of this machine.
std::string question_about_peer(int fd) {
    sockaddr_in here{}, there{};
    socklen_t size = sizeof here;
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&here), &size);
    size = sizeof there;
    ::getpeername(fd, reinterpret_cast<sockaddr *>(&there), &size);
    inet_diag_req_v2 body{};
    body.sdiag_family = AF_INET;
    body.sdiag_protocol = IPPROTO_TCP;
    body.idiag_states = ~0U;
    body.id.idiag_sport = there.sin_port;
    body.id.idiag_dport = here.sin_port;
    body.id.idiag_src[0] = there.sin_addr.s_addr;
    body.id.idiag_dst[0] = here.sin_addr.s_addr;
    body.id.idiag_cookie[0] = body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    nlmsghdr head{};
    head.nlmsg_len = sizeof head + sizeof body;
    head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    head.nlmsg_flags = NLM_F_REQUEST;
    std::string message(head.nlmsg_len, '\0');
    std::memcpy(message.data(), &head, sizeof head);
    std::memcpy(message.data() + sizeof head, &body, sizeof body);
    return message;
}

} // namespace

FaultConnection::FaultConnection(int fd, int stop, std::size_t window)
    : fd_(fd), stop_(stop), window_(std::max(window, piece)) {
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    diag_ = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    question_ = question_about_peer(fd_);
}

FaultConnection::~FaultConnection() {
    if (fd_ >= 0) ::close(fd_);
    if (diag_ >= 0) ::close(diag_);
}

bool FaultConnection::ready(short events, int ms) {
    if (fd_ < 0) return false;
    pollfd two[2] = {{fd_, events, 0}, {stop_, POLLIN, 0}};
    return ::poll(two, 2, ms) > 0 && two[1].revents == 0;
}

std::string FaultConnection::request() {
    char buffer[8192];
    for (;;) {
        if (const auto end = rest_.find("\r\n\r\n"); end != std::string::npos) {
            // GET and HEAD only: no bodies.
            std::string text = rest_.substr(0, end + 4);
            rest_.erase(0, end + 4);
            return text;
        }
        if (!ready(POLLIN, -1)) return {};
        const ssize_t got = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return {};
        rest_.append(buffer, static_cast<std::size_t>(got));
    }
}

std::size_t FaultConnection::under_way() {
    int unsent = 0; // or not acknowledged
    if (::ioctl(fd_, SIOCOUTQ, &unsent) != 0) unsent = 0;
    std::size_t unread = 0;
    alignas(nlmsghdr) char answer[1024];
    if (diag_ >= 0 && ::send(diag_, question_.data(), question_.size(), 0) > 0) {
        const ssize_t got = ::recv(diag_, answer, sizeof answer, 0);
        nlmsghdr head{};
        if (got >= static_cast<ssize_t>(sizeof head)) std::memcpy(&head, answer, sizeof head);
        inet_diag_msg about{};
        if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY && got >= static_cast<ssize_t>(NLMSG_HDRLEN + sizeof about)) {
            std::memcpy(&about, answer + NLMSG_HDRLEN, sizeof about);
            unread = about.idiag_rqueue;
        }
    }
    return static_cast<std::size_t>(unsent) + unread;
}

std::size_t FaultConnection::send_some(std::string_view bytes) {
    for (;;) {
        if (!ready(POLLOUT, -1)) return 0;
        const std::size_t size = std::min(bytes.size(), piece);
        if (under_way() + size > window_) {
            // Nothing tells when the client has read; a closed one reads no more.
            if (pollfd gone{fd_, POLLRDHUP, 0}; ::poll(&gone, 1, 0) > 0) return 0;
            ::usleep(200);
            continue;
        }
        const ssize_t sent = ::send(fd_, bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) return static_cast<std::size_t>(sent);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        return 0;
    }
}

bool FaultConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t sent = send_some(bytes);
        if (!sent) return false;
        bytes.remove_prefix(sent);
    }
    return true;
}

void FaultConnection::pause(int ms) {
    ready(POLLRDHUP, ms);
}

void FaultConnection::hold() {
    ready(POLLRDHUP, -1);
}

void FaultConnection::reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd_);
    fd_ = -1;
}

} // namespace ferry::test
