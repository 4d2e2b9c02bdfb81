#include "core/transfer/rotation.h"

#include <algorithm>

namespace ferry::core {

Rotation::Rotation(Endpoints &endpoints, const RetryRules &rules)
    : endpoints_(endpoints), rules_(rules), tried_(endpoints.size()), hopeless_(endpoints.size()) {}

std::optional<std::size_t> Rotation::next(std::optional<std::size_t> preferred) {
    std::optional<std::size_t> chosen = preferred;
    if (!chosen || endpoints_.is_dropped(*chosen) || tried_[*chosen]) chosen = endpoints_.choose(tried_);
    if (!chosen) { // another round
        tried_.assign(tried_.size(), false);
        chosen = endpoints_.choose(tried_);
    }
    if (chosen) endpoints_.begin(*chosen);
    return chosen;
}

Rotation::Turn Rotation::after(std::size_t endpoint, const Outcome &outcome, double chance) {
    endpoints_.end(endpoint, outcome);
    if (outcome.progressed) {
        rounds_ = 0;
        tried_.assign(tried_.size(), false);
    }
    if (!outcome.failure) return {};
    const Error &failure = *outcome.failure;
    tried_[endpoint] = true;
    // A server that is gone comes back, and one that never was there does not.
    if (!failure.transient() && !(endpoints_.has_answered(endpoint) && failure.status() == FERRY_E_NETWORK))
        hopeless_[endpoint] = true;
    if (std::find(hopeless_.begin(), hopeless_.end(), false) == hopeless_.end()) return {Step::give_up};
    if (endpoints_.choose(tried_)) return {Step::another};
    const auto delay = retry_delay(rules_, ++rounds_, failure.retry_after_ms, chance);
    if (!delay) return {Step::give_up};
    tried_ = hopeless_;
    return {Step::wait, *delay};
}

} // namespace ferry::core
