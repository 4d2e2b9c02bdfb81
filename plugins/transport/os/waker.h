// What ends the wait of a thread for its sockets.
#pragma once

#include "transport/os/socket.h"

namespace ferry::net::os {

// From wake() on, until rest(), poll() returns at once. [any-thread]
class Waker {
public:
    // Throws FERRY_E_NETWORK when this process can open no more.
    Waker();
    ~Waker();
    Waker(Waker &&other) noexcept : handle_(std::exchange(other.handle_, Handle::none)) {}
    Waker(const Waker &) = delete;
    Waker &operator=(const Waker &) = delete;

    void wake() const noexcept;
    void rest() const noexcept;
    Handle handle() const noexcept { return handle_; }

private:
    Handle handle_;
};

} // namespace ferry::net::os
