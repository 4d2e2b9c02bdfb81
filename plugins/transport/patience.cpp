#include "transport/patience.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::net {

namespace {

using std::chrono::milliseconds;

Text seconds(milliseconds time) {
    const auto ms = time.count();
    return ms % 1000 ? say("{} ms", ms) : say("{} s", ms / 1000);
}

[[noreturn]] void give_up(const Patience &patience, Clock::time_point end, const Text &peer) {
    const bool stalled = patience.stall && (!patience.deadline || end < *patience.deadline);
    Text text = say(patience.overdue, peer);
    if (stalled) text = say("{} (nothing came or went for {})", text, seconds(*patience.stall));
    throw Error(FERRY_E_TIMEOUT, text).retryable();
}

// `watched` empty: what is waited for is the waker.
void await(std::span<os::Watched> watched, const os::Waker &waker, const Patience &patience, const Text &peer) {
    const OnCancel wake(patience.op, [&waker]() noexcept { waker.wake(); });
    const auto end = patience.until(Clock::now());
    for (;;) {
        patience.op.throw_if_cancelled();
        const os::Polled polled = os::poll(watched, waker, time_left(end, Clock::now()));
        if (polled.failure) throw Error(FERRY_E_NETWORK, say("cannot wait for {}: {}", peer, polled.failure.text()));
        // Before the result is judged: a cancelled wait looks like any other.
        patience.op.throw_if_cancelled();
        if (watched.empty() ? polled.woken : watched.front().ready) return;
        // Left over from an operation that was cancelled the moment it was done.
        if (polled.woken) waker.rest();
        if (end && Clock::now() >= *end) give_up(patience, *end, peer);
    }
}

} // namespace

Patience Patience::hurried(const char *text) const {
    Patience hurry = *this;
    hurry.overdue = text;
    hurry.deadline = until(Clock::now());
    return hurry;
}

std::optional<Clock::time_point> Patience::until(Clock::time_point now) const {
    if (!stall || (deadline && *deadline <= now + *stall)) return deadline;
    return now + *stall;
}

std::optional<milliseconds> time_limit(std::int32_t ms) {
    return ms > 0 ? std::optional(milliseconds(ms)) : std::nullopt;
}

std::optional<milliseconds> time_left(const std::optional<Clock::time_point> &end, Clock::time_point now) {
    if (!end) return std::nullopt;
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*end - now));
}

void await(os::Handle socket, os::Watched::Interest interest, const os::Waker &waker, const Patience &patience,
           const Text &peer) {
    os::Watched one{socket, interest};
    await(std::span(&one, 1), waker, patience, peer);
}

void await(const os::Waker &waker, const Patience &patience, const Text &peer) {
    await(std::span<os::Watched>(), waker, patience, peer);
}

} // namespace ferry::net
