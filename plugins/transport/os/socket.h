// TCP sockets of the operating system. None of them blocks; waiting is poll()'s, in os/poll.h.
#pragma once

#include "transport/os/address.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace ferry::net::os {

// The system's number of a socket: a descriptor on POSIX, a SOCKET on Windows. For Poco, which closes what it is given.
enum class Handle : std::intptr_t { none = -1 };

// Why a call of the system failed.
struct Failure {
    enum Kind { none, refused, unreachable, other };
    Kind kind = none;
    int code = 0; // the system's own

    explicit operator bool() const noexcept { return kind != none; }
    // In the system's words: "Connection refused".
    std::string text() const;
};

// Owns one socket. [one thread at a time]
class Socket {
public:
    Socket() noexcept = default;
    explicit Socket(Handle handle) noexcept : handle_(handle) {}
    Socket(Socket &&other) noexcept : handle_(other.release()) {}
    Socket &operator=(Socket &&other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Socket();

    Handle handle() const noexcept { return handle_; }
    // It is the caller's from now on.
    Handle release() noexcept { return std::exchange(handle_, Handle::none); }

private:
    Handle handle_ = Handle::none;
};

// An attempt to connect: at once, or still under way when there is neither a connection nor a failure.
struct Attempt {
    Socket socket;
    bool connected = false;
    Failure failure = {};
};
Attempt connect(const Address &to) noexcept;
// How an attempt ended whose socket has become writable. No failure: it is connected.
Failure outcome(Handle socket) noexcept;

// What came of one call that receives or sends.
struct Transfer {
    enum State { done, wait, closed, failed };
    State state;
    std::size_t bytes = 0;
    Failure failure = {};
};
Transfer receive(Handle socket, void *buffer, std::size_t capacity) noexcept;
// Raises no signal when the peer has gone.
Transfer send(Handle socket, const void *bytes, std::size_t size) noexcept;

// Sends small pieces without waiting for more to go with them.
void send_at_once(Handle socket) noexcept;
// Returns when that many bytes can be received, or something else has happened, or after that time.
void gather(Handle socket, int bytes, std::chrono::milliseconds limit) noexcept;
// Nothing to receive, and the peer has not closed it.
bool quiet(Handle socket) noexcept;

} // namespace ferry::net::os
