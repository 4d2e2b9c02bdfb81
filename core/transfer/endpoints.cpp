#include "core/transfer/endpoints.h"

#include <algorithm>
#include <tuple>

namespace ferry::core {

Endpoints::Endpoints(const std::vector<Source::Endpoint> &endpoints) {
    for (const Source::Endpoint &endpoint : endpoints)
        records_.push_back({endpoint.name, endpoint.mirror, endpoint.silent});
}

std::optional<std::size_t> Endpoints::choose(const std::vector<bool> &tried) const {
    std::optional<std::size_t> best;
    const auto rank = [&](std::size_t i) {
        const Record &e = records_[i];
        // Only mirrors share: a second registry endpoint is a fallback of the first.
        return std::tuple(e.silent, !e.mirror, e.failures, e.mirror ? e.active : 0);
    };
    for (std::size_t i = 0; i < records_.size(); ++i) {
        if (records_[i].dropped || (i < tried.size() && tried[i])) continue;
        if (!best || rank(i) < rank(*best)) best = i;
    }
    return best;
}

void Endpoints::end(std::size_t endpoint, const Outcome &outcome) {
    Record &record = records_[endpoint];
    --record.active;
    if (outcome.progressed) {
        record.failures = 0;
        record.answered = true;
        record.silent = false;
    }
    if (!outcome.failure) return;
    ++record.failures;
    if (outcome.silent) record.silent = true;
}

bool Endpoints::drop(std::size_t endpoint) {
    const auto left = std::count_if(records_.begin(), records_.end(), [](const Record &e) { return !e.dropped; });
    if (records_[endpoint].dropped || left < 2) return false;
    records_[endpoint].dropped = true;
    return true;
}

} // namespace ferry::core
