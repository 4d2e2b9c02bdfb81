// Another program, run to its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace ferry::core {

struct Program {
    std::string name; // looked for in PATH
    std::vector<std::string> arguments;
    std::string input;               // its standard input; a few KiB at most, since it is written in one piece
    std::vector<std::string> hidden; // variables of the environment that it does not get
    std::size_t most_output = 64 << 10;
    std::chrono::milliseconds patience{30'000}; // for all of it
};

struct ProcessResult {
    enum class End {
        done,        // it ended by itself, with success
        failed,      // with another exit code, or by a signal
        not_found,   // there is no such program
        not_started, // `reason` says why, in the system's words
        late         // it took too long and was ended
    };
    End end = End::done;
    std::string output; // its standard output; one byte or more beyond the most where it would not end
    std::string reason;
};

// Runs it without a shell, in a process group of its own that does not outlive this call. Its standard error is
// dropped. SIGPIPE must be ignored (core/os/signals.h). [any-thread]
ProcessResult run_process(const Program &program);

} // namespace ferry::core
