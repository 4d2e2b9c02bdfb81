// The one error type of core and cli.
//
// An Error names what failed and on which host or file (message), and what the user can do next (remedy). It carries
// what a retry policy needs; it never carries a secret. Only the CLI prints it.
#pragma once

#include <ferry/ferry.hpp>

#include <string>

namespace ferry::core {

// The values are the exit codes of the program.
enum class Kind {
    other = 1,
    usage = 2,
    access = 3,    // authentication or permission
    not_found = 4, // image, tag or platform
    network = 5,
    integrity = 6,
    disk = 7,
    plugin = 8,
    rate_limit = 9,
    interrupted = 130
};

class Error : public std::exception {
public:
    Error(Kind kind_of, std::string text, std::string next_step = {})
        : kind(kind_of), message(std::move(text)), remedy(std::move(next_step)) {}

    // What a plugin or the SDK layer threw, in the words of `doing` ("asking registry.example"),
    // unless its message has them.
    static Error from(const ferry::Error &thrown, const std::string &doing = {});

    const char *what() const noexcept override { return message.c_str(); }

    // Is the failure of the moment, so that the same request may succeed later?
    bool transient() const noexcept;

    Kind kind;
    std::string message;
    std::string remedy;
    ferry_status status = FERRY_E_INTERNAL;
    bool retryable = false;
    int http_status = 0;
    std::int64_t retry_after_ms = -1;
};

Kind kind_of(ferry_status status) noexcept;

// The one of two failures that a command with several parts ends with: what was damaged says more than what the disk, a
// plugin or an unknown fault spoilt, that more than what was refused, and that more than what was not there.
Kind worse(Kind one, Kind other) noexcept;

} // namespace ferry::core
