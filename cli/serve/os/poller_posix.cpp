#include "cli/serve/os/poller.h"

#include "core/base/error.h"
#include "core/os/file_descriptor_posix.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace ferry::cli {

namespace {

epoll_event event_of(void *token, Poller::For what) {
    epoll_event event{};
    event.events = (what == Poller::For::read ? EPOLLIN : EPOLLOUT) | EPOLLONESHOT;
    event.data.ptr = token;
    return event;
}

int number(std::intptr_t socket) noexcept {
    return static_cast<int>(socket);
}

} // namespace

struct Poller::State {
    core::FileDescriptor poll{::epoll_create1(EPOLL_CLOEXEC)};
    core::FileDescriptor end{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

Poller::Poller() : state_(std::make_unique<State>()) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    if (state_->poll && state_->end && ::epoll_ctl(state_->poll.get(), EPOLL_CTL_ADD, state_->end.get(), &event) == 0)
        return;
    throw core::Error(core::Kind::network, say("cannot wait for connections: {}", std::strerror(errno)));
}

Poller::~Poller() = default;

bool Poller::add(std::intptr_t socket, void *token, For what) {
    epoll_event event = event_of(token, what);
    armed_.fetch_add(1, std::memory_order_release);
    return ::epoll_ctl(state_->poll.get(), EPOLL_CTL_ADD, number(socket), &event) == 0;
}

void Poller::arm(std::intptr_t socket, void *token, For what) {
    epoll_event event = event_of(token, what);
    armed_.fetch_add(1, std::memory_order_release);
    ::epoll_ctl(state_->poll.get(), EPOLL_CTL_MOD, number(socket), &event);
}

void Poller::remove(std::intptr_t socket) {
    ::epoll_ctl(state_->poll.get(), EPOLL_CTL_DEL, number(socket), nullptr);
}

bool Poller::wait(void *&token) {
    while (true) {
        epoll_event event;
        if (::epoll_wait(state_->poll.get(), &event, 1, -1) != 1) continue; // a signal
        armed_.load(std::memory_order_acquire);
        if (event.data.ptr == this) return false;
        token = event.data.ptr;
        return true;
    }
}

void Poller::close() {
    const std::uint64_t one = 1;
    (void)!::write(state_->end.get(), &one, sizeof one);
}

} // namespace ferry::cli
