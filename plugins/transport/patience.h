// How long a thread may wait, and for whom.
#pragma once

#include "transport/os/poll.h"

#include <ferry/ferry.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace ferry::net {

using Clock = std::chrono::steady_clock;

struct Patience {
    const Op &op;                                   // its cancellation ends every wait
    std::optional<std::chrono::milliseconds> stall; // the longest single wait
    std::optional<Clock::time_point> deadline;      // the end of all waits
    const char *overdue; // what it says when time is up, by later(): "{}: timed out waiting for the answer"
    // Many more bytes are on their way: a reader that has taken all lets some gather. Each wake-up costs, here and at a
    // server that waits for room.
    bool bulk = false;

    // For something that has begun and must be whole within one stall time, however its bytes drip.
    Patience hurried(const char *text) const;
    // The end of a wait that begins at `now`.
    std::optional<Clock::time_point> until(Clock::time_point now) const;
};

// A time limit as the SDK gives it: 0 or less is none.
std::optional<std::chrono::milliseconds> time_limit(std::int32_t ms);

// The time from `now` to `end` for poll(): never too short, and none for no end.
std::optional<std::chrono::milliseconds> time_left(const std::optional<Clock::time_point> &end, Clock::time_point now);

// Waits until `socket` is ready for that. Throws FERRY_E_CANCELLED, FERRY_E_TIMEOUT or FERRY_E_NETWORK, naming `peer`.
// A cancellation wakes `waker`.
void await(os::Handle socket, os::Watched::Interest interest, const os::Waker &waker, const Patience &patience,
           const Text &peer);
// The same until `waker` is woken.
void await(const os::Waker &waker, const Patience &patience, const Text &peer);

} // namespace ferry::net
