#include "cli/serve/poller.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ferry::cli {

namespace {

epoll_event event_of(void *token, Poller::For what) {
    epoll_event event{};
    event.events = (what == Poller::For::read ? EPOLLIN : EPOLLOUT) | EPOLLONESHOT;
    event.data.ptr = token;
    return event;
}

} // namespace

Poller::Poller() : poll_(::epoll_create1(EPOLL_CLOEXEC)), end_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    if (poll_ >= 0 && end_ >= 0 && ::epoll_ctl(poll_, EPOLL_CTL_ADD, end_, &event) == 0) return;
    const int code = errno;
    if (poll_ >= 0) ::close(poll_);
    if (end_ >= 0) ::close(end_);
    throw core::Error(core::Kind::network, say("cannot wait for connections: {}", std::strerror(code)));
}

Poller::~Poller() {
    ::close(poll_);
    ::close(end_);
}

bool Poller::add(int socket, void *token, For what) {
    epoll_event event = event_of(token, what);
    armed_.fetch_add(1, std::memory_order_release);
    return ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event) == 0;
}

void Poller::arm(int socket, void *token, For what) {
    epoll_event event = event_of(token, what);
    armed_.fetch_add(1, std::memory_order_release);
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, socket, &event);
}

void Poller::remove(int socket) {
    ::epoll_ctl(poll_, EPOLL_CTL_DEL, socket, nullptr);
}

bool Poller::wait(void *&token) {
    while (true) {
        epoll_event event;
        if (::epoll_wait(poll_, &event, 1, -1) != 1) continue; // a signal
        armed_.load(std::memory_order_acquire);
        if (event.data.ptr == this) return false;
        token = event.data.ptr;
        return true;
    }
}

void Poller::close() {
    const std::uint64_t one = 1;
    (void)!::write(end_, &one, sizeof one);
}

} // namespace ferry::cli
