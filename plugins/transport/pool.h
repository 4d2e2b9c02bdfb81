// Idle connections that may carry another request. [any-thread]
#pragma once

#include "transport/connection.h"

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

namespace ferry::net {

// What a connection leads to; only requests for the same may share it.
struct Destination {
    bool tls = false;
    std::string host;
    std::uint16_t port = 0;
    std::string via; // the proxy; host and port are empty when it serves them all

    bool operator==(const Destination &) const = default;
};

class Pool {
public:
    explicit Pool(std::chrono::milliseconds idle_limit = std::chrono::seconds(30), std::size_t capacity = 32)
        : idle_limit_(idle_limit), capacity_(capacity) {}

    // The connection used last, or nullptr. One that the peer has closed by now is dropped on the way.
    std::unique_ptr<Connection> take(const Destination &to);
    // Drops the one idle longest when there are too many.
    void put(Destination to, std::unique_ptr<Connection> connection);

private:
    struct Idle {
        Destination to;
        std::unique_ptr<Connection> connection;
        Clock::time_point since;
    };

    std::chrono::milliseconds idle_limit_;
    std::size_t capacity_;
    std::mutex mutex_;
    std::deque<Idle> idle_; // the oldest first
};

} // namespace ferry::net
