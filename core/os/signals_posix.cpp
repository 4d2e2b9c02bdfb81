#include "core/os/signals.h"

#include <csignal>
#include <unistd.h>

namespace ferry::core {

namespace {

constexpr int interrupted_exit = 130;
constexpr int wake = SIGURG; // ignored by default, so that nobody's stray one does harm

// Those that end a program, but for those that its caller wants ignored.
sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction found {};
        if (::sigaction(signal, nullptr, &found) != 0 || found.sa_handler != SIG_IGN) sigaddset(&set, signal);
    }
    return set;
}

} // namespace

Signals::Signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    const sigset_t set = watched();
    // The watcher alone waits for one more, which wakes it at its end: a thread has the mask of the one that makes it.
    sigset_t waited = set, own;
    sigaddset(&waited, wake);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    pthread_sigmask(SIG_BLOCK, &waited, &own);
    watcher_ = std::jthread([this, set, waited](const std::stop_token &ended) {
        while (true) {
            const int signal = sigwaitinfo(&waited, nullptr);
            if (ended.stop_requested()) return;
            if (signal < 0 || sigismember(&set, signal) != 1) continue;
            if (!stop_.request_stop()) ::_exit(interrupted_exit);
        }
    });
    pthread_sigmask(SIG_SETMASK, &own, nullptr);
}

Signals::~Signals() {
    watcher_.request_stop();
    pthread_kill(watcher_.native_handle(), wake);
}

void ignore_broken_pipes() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

} // namespace ferry::core
