// Which of many sockets is ready: the seam to the operating system. A socket is told once for each arm(), to one
// thread, so that it belongs to that thread until it is armed again. [any-thread]
#pragma once

#include <atomic>

namespace ferry::cli {

class Poller {
public:
    enum class For { read, write };

    // Throws core::Error(network) when the system has none.
    Poller();
    ~Poller();
    Poller(const Poller &) = delete;
    Poller &operator=(const Poller &) = delete;

    // From now on `socket` is known, and armed. `token` is what wait() tells. False when the system refuses.
    bool add(int socket, void *token, For what);
    // A socket that the other side has closed, or that was shut down, is ready for both.
    void arm(int socket, void *token, For what);
    void remove(int socket);

    // The token of a socket that is ready, which is disarmed. False for all threads after close().
    bool wait(void *&token);
    void close();

private:
    int poll_ = -1, end_ = -1;
    // What a thread did with a socket before it armed it is seen by the one that is told of it. The kernel sees to that
    // anyhow; the language, and its tools, know it by this.
    std::atomic<unsigned> armed_{0};
};

} // namespace ferry::cli
