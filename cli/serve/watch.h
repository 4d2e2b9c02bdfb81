// Cuts connections whose clients take too long: Poco's timeouts count from the last byte, so that one byte now and then
// would keep a thread for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace ferry::cli {

class Watch {
public:
    Watch();

    // One connection, for as long as it is open. [one-thread]
    class Connection {
    public:
        Connection(Watch &watch, int socket);
        ~Connection();
        Connection(const Connection &) = delete;
        Connection &operator=(const Connection &) = delete;

        // From now on the client has so many milliseconds, until the next call.
        void within(int milliseconds);
        void forever();
        // Ends the connection now.
        void cut() const;

    private:
        friend class Watch;
        using Time = std::chrono::steady_clock::time_point;
        Watch &watch_;
        const int socket_;       // a descriptor of its own, so that its number is nobody else's while it is watched
        Time end_ = Time::max(); // guarded by watch_.mutex_
    };

    // Cuts those that are open, and all that come. [any-thread]
    void close_all();

private:
    void run(const std::stop_token &stop);

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::set<Connection *> connections_;
    bool closed_ = false;
    std::jthread thread_; // last: it uses the others
};

} // namespace ferry::cli
