// Which of many sockets is ready: the seam to the operating system. A socket is told once for each arm(), to one
// thread, so that it belongs to that thread until it is armed again. [any-thread]
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

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
    bool add(std::intptr_t socket, void *token, For what);
    // A socket that the other side has closed, or that was shut down, is ready for both.
    void arm(std::intptr_t socket, void *token, For what);
    void remove(std::intptr_t socket);

    // The token of a socket that is ready, which is disarmed. False for all threads after close().
    bool wait(void *&token);
    void close();

private:
    struct State;
    std::unique_ptr<State> state_;
    // What a thread did with a socket before it armed it is seen by the one that is told of it. The kernel sees to that
    // anyhow; the language, and its tools, know it by this.
    std::atomic<unsigned> armed_{0};
};

} // namespace ferry::cli
