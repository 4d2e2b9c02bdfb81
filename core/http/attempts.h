// The one loop that repeats requests: what retry.h decides, done.
#pragma once

#include "core/base/retry.h"
#include "core/plugin/services.h"

#include <ferry/text.hpp>

#include <optional>
#include <utility>

namespace ferry::core {

// What one attempt brought.
template <class Value> struct Attempt {
    Value value;
    // Why another attempt may bring something better, as with the answer 503; the value stands where that is not made.
    std::optional<Error> not_now = {};
};

// Calls `attempt`, which returns an Attempt or throws Error, until its value or failure stands by `rules`. Returns the
// last value or throws the last failure. Waits in between, with a warning; throws Error(interrupted) where `operation`
// is cancelled. [any-thread]
template <class Make> auto make_attempts(const RetryRules &rules, const Operation &operation, const Make &attempt) {
    for (int tried = 1;; ++tried) {
        std::optional<decltype(attempt())> made;
        std::optional<Error> failure;
        try {
            made = attempt();
            if (!made->not_now) return std::move(made->value);
            failure = made->not_now;
        } catch (const Error &e) {
            failure = e;
        }
        const auto delay = next_attempt(rules, tried, *failure, random_chance());
        if (!delay) {
            if (made) return std::move(made->value);
            throw *failure;
        }
        made.reset(); // no connection is held while nothing happens
        operation.log().warning(say("{}; trying again in {} ms", failure->message, *delay));
        operation.wait(*delay);
    }
}

} // namespace ferry::core
