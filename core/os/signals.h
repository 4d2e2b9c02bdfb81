// What asks a program to end.
#pragma once

#include <stop_token>
#include <thread>

namespace ferry::core {

// Turns the first request to end (SIGINT, SIGTERM or SIGHUP) into a stop request; the second ends the process at once
// with 130. A signal that was ignored when the program started (by nohup, or by a shell for what it runs in the
// background) stays ignored. Must be made before any other thread, so that all of them leave these signals to it.
// SIGPIPE and SIGXFSZ are ignored from then on: writing fails instead.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals &) = delete;
    Signals &operator=(const Signals &) = delete;

    std::stop_token token() const { return stop_.get_token(); }

private:
    std::stop_source stop_;
    std::jthread watcher_;
};

// Writing to a pipe or socket whose other end is closed fails, and does not end the process, in the calling thread.
void ignore_broken_pipes();

} // namespace ferry::core
