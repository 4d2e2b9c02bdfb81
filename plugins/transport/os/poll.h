// Waiting for sockets, for a waker, or for time to pass: whatever comes first.
#pragma once

#include "transport/os/socket.h"
#include "transport/os/waker.h"

#include <chrono>
#include <optional>
#include <span>

namespace ferry::net::os {

struct Watched {
    enum Interest { reading, writing };
    Handle socket;
    Interest interest;
    bool ready = false; // as poll() left it; a broken connection counts as ready
};

struct Polled {
    bool woken = false;
    Failure failure = {};
};

// Waits until one of `watched` is ready, which it marks, or `waker` was woken. Returns after `limit` in any case, or
// earlier when a signal came. [any-thread]
Polled poll(std::span<Watched> watched, const Waker &waker, std::optional<std::chrono::milliseconds> limit);

} // namespace ferry::net::os
