#include "transport/os/waker.h"

#include <ferry/ferry.hpp>
#include <ferry/text.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace ferry::net::os {

Waker::Waker() : handle_(Handle(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
    if (handle_ == Handle::none)
        throw Error(FERRY_E_NETWORK, say("cannot open another connection: {}", Failure{Failure::other, errno}.text()));
}

Waker::~Waker() {
    if (handle_ != Handle::none) ::close(static_cast<int>(handle_));
}

void Waker::wake() const noexcept {
    const std::uint64_t one = 1;
    // It can only fail when the counter is full, and then the descriptor is readable already.
    [[maybe_unused]] const auto written = ::write(static_cast<int>(handle_), &one, sizeof one);
}

void Waker::rest() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(static_cast<int>(handle_), &count, sizeof count);
}

} // namespace ferry::net::os
