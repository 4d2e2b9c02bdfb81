// The one error type of core and cli.
//
// An Error names what failed and on which host or file (message), and what the user can do next (remedy), in no
// language yet: the front end renders both. It carries what a retry policy needs; it never carries a secret. Its kind
// and its status say the same: one follows from the other, and neither changes.
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

// What a status means for the user, and the status that comes nearest to a kind. They are each other's inverse but for
// integrity and plugin, which the SDK has no status for.
Kind kind_of(ferry_status status) noexcept;
ferry_status status_of(Kind kind) noexcept;

class Error : public std::exception {
public:
    Error(Kind meaning, Text text, Text next_step = {})
        : message(std::move(text)), remedy(std::move(next_step)), kind_(meaning), status_(status_of(meaning)) {}
    Error(ferry_status meaning, Text text, Text next_step = {})
        : message(std::move(text)), remedy(std::move(next_step)), kind_(kind_of(meaning)), status_(meaning) {}

    // What a plugin or the SDK layer threw. `host`, if known, begins the message, unless it stands there.
    static Error from(const ferry::Error &thrown, const std::string &host = {});

    // The message in English.
    const char *what() const noexcept override { return message.english().c_str(); }

    Kind kind() const noexcept { return kind_; }
    ferry_status status() const noexcept { return status_; }

    // Is the failure of the moment, so that the same request may succeed later?
    bool transient() const noexcept;

    Text message;
    Text remedy;
    std::string where; // the host or file, where it is known apart from the message
    bool retryable = false;
    int http_status = 0;
    std::int64_t retry_after_ms = -1;

private:
    Kind kind_;
    ferry_status status_;
};

// The one of two failures that a command with several parts ends with: what was damaged says more than what the disk, a
// plugin or an unknown fault spoilt, that more than what was refused, and that more than what was not there.
Kind worse(Kind one, Kind other) noexcept;

} // namespace ferry::core
