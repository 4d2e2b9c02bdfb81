#include "cli/serve/watch.h"

#include <fcntl.h>
#include <stop_token>
#include <sys/socket.h>
#include <unistd.h>

namespace ferry::cli {

namespace {

// Wakes whoever reads or writes there; the socket's owner closes it.
void shut(int socket) {
    ::shutdown(socket, SHUT_RDWR);
}

} // namespace

Watch::Watch() : thread_([this](const std::stop_token &stop) { run(stop); }) {}

void Watch::run(const std::stop_token &stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto now = std::chrono::steady_clock::now();
        for (Connection *connection : connections_)
            if (connection->end_ <= now) shut(connection->socket_);
        wake_.wait_for(lock, stop, std::chrono::milliseconds(250), [] { return false; });
    }
}

void Watch::close_all() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Connection *connection : connections_) shut(connection->socket_);
}

Watch::Connection::Connection(Watch &watch, int socket) : watch_(watch), socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
    const std::lock_guard lock(watch_.mutex_);
    watch_.connections_.insert(this);
    if (watch_.closed_) shut(socket_);
}

Watch::Connection::~Connection() {
    const std::lock_guard lock(watch_.mutex_);
    watch_.connections_.erase(this);
    ::close(socket_);
}

void Watch::Connection::cut() const {
    shut(socket_);
}

void Watch::Connection::within(int milliseconds) {
    const std::lock_guard lock(watch_.mutex_);
    end_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
}

void Watch::Connection::forever() {
    const std::lock_guard lock(watch_.mutex_);
    end_ = Time::max();
}

} // namespace ferry::cli
