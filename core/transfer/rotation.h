// The turns of the endpoints while one job is fetched: who is asked next, who is given up, and when all have to wait.
// Pure: what happened goes in, and so does chance.
//
// A failure moves the job to the next endpoint at once. Only when all have had their turn is there a delay, which grows
// from round to round until bytes come. An endpoint whose failure will not pass is asked no more, and where that is so
// of all, or the rounds are over, the job is given up.
#pragma once

#include "core/base/retry.h"
#include "core/transfer/endpoints.h"

namespace ferry::core {

class Rotation {
public:
    // `endpoints` is shared by the jobs of a source and must outlive it; both are called under the same lock.
    Rotation(Endpoints &endpoints, const RetryRules &rules);

    // The endpoint to ask now, for which a request is counted until after(); `preferred`, unless it has had its turn or
    // is dropped. Nothing when all were dropped.
    std::optional<std::size_t> next(std::optional<std::size_t> preferred = {});

    enum class Step {
        resume,  // the server sent less than was asked for, and all right so far: at once, where next() says
        another, // at another endpoint, at once
        wait,    // at any of them, after `delay_ms`
        give_up  // the failure is the last one
    };
    struct Turn {
        Step step = Step::resume;
        std::int64_t delay_ms = 0;
    };
    // What follows when the attempt at `endpoint` ended so, and the job is not done. `chance` in [0, 1) as in
    // retry_delay().
    Turn after(std::size_t endpoint, const Outcome &outcome, double chance);

private:
    Endpoints &endpoints_;
    const RetryRules rules_;
    std::vector<bool> tried_, hopeless_;
    int rounds_ = 0; // in which every endpoint failed, since the last byte
};

} // namespace ferry::core
