// How each endpoint of a source has done so far, and which of them serves the next request. Pure; whoever shares it
// among threads locks.
#pragma once

#include "core/transfer/source.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ferry::core {

// How an attempt to read from an endpoint ended.
struct Outcome {
    bool progressed = false;           // it brought bytes, and fast enough (core/base/rate.h)
    std::optional<Error> failure = {}; // none: what came was right, if less than was asked for
    bool silent = false;               // no answer at all (Source::note_failure)
};

class Endpoints {
public:
    explicit Endpoints(const std::vector<Source::Endpoint> &endpoints);

    std::size_t size() const noexcept { return records_.size(); }
    const std::string &name(std::size_t endpoint) const { return records_[endpoint].name; }

    // The best endpoint that is neither dropped nor marked in `tried`. Mirrors share the work: among those without
    // failures the one with the fewest requests, the earlier where they have the same. Another endpoint is asked when
    // no mirror is left, and what is silent when nothing else is. Nothing when all are tried or dropped.
    std::optional<std::size_t> choose(const std::vector<bool> &tried = {}) const;

    // A request begins, and ends.
    void begin(std::size_t endpoint) { ++records_[endpoint].active; }
    void end(std::size_t endpoint, const Outcome &outcome);

    // It brought bytes once, so that where it is gone now it may come back.
    bool has_answered(std::size_t endpoint) const { return records_[endpoint].answered; }

    // It sent wrong bytes and is not asked again, unless it is the last one left: then false, as where it was dropped
    // before.
    bool drop(std::size_t endpoint);
    bool is_dropped(std::size_t endpoint) const { return records_[endpoint].dropped; }

private:
    struct Record {
        std::string name;
        bool mirror = false;
        bool silent = false;
        bool dropped = false;
        bool answered = false;
        int active = 0;   // requests under way
        int failures = 0; // since its last byte
    };
    std::vector<Record> records_;
};

} // namespace ferry::core
