#include "core/registry/failover.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

bool Health::silent(const std::string &host) const {
    const std::lock_guard lock(mutex_);
    return silent_.count(host) != 0;
}

void Health::set(const std::string &host, bool silent) {
    const std::lock_guard lock(mutex_);
    if (silent)
        silent_.insert(host);
    else
        silent_.erase(host);
}

bool unanswered(const Error &failure) noexcept {
    const bool proxy = failure.status() == FERRY_E_PROXY && failure.http_status != 407; // 407 is about the proxy
    return failure.kind() == Kind::network && (!failure.http_status || proxy);
}

Failover::Failover(std::vector<Endpoint> endpoints, Health &health) : health_(health) {
    for (Endpoint &endpoint : endpoints) endpoints_.push_back({std::move(endpoint)});
    if (endpoints_.size() == 1) round_ = Attempts::by_the_rules; // there is no other to turn to
    begin_round();
}

void Failover::begin_round() {
    next_ = 0;
    all_silent_ = std::all_of(endpoints_.begin(), endpoints_.end(),
                              [&](const State &state) { return health_.silent(state.endpoint.host); });
}

bool Failover::passed_over(const State &state) const {
    if (!health_.silent(state.endpoint.host)) return false;
    return round_ == Attempts::one || (state.endpoint.mirror && !all_silent_);
}

std::optional<Failover::Turn> Failover::next() {
    for (;;) {
        while (next_ < endpoints_.size()) {
            const State &state = endpoints_[next_++];
            if (passed_over(state))
                passing_ = true; // its turn comes in the next round
            else if (!state.unusable)
                return Turn{next_ - 1, round_};
        }
        if (round_ == Attempts::by_the_rules || !passing_) return std::nullopt;
        round_ = Attempts::by_the_rules;
        begin_round();
    }
}

std::string Failover::successor() const {
    return next_ < endpoints_.size() ? endpoints_[next_].endpoint.host : std::string();
}

void Failover::answered() {
    const std::string &host = endpoints_[next_ - 1].endpoint.host;
    if (health_.silent(host)) health_.set(host, false);
}

void Failover::failed(const Error &failure) {
    keep(failure);
    passing_ |= failure.transient();
    if (unanswered(failure)) health_.set(endpoints_[next_ - 1].endpoint.host, true);
}

void Failover::unusable(const Error &why) {
    keep(why);
    endpoints_[next_ - 1].unusable = true;
}

void Failover::keep(const Error &failure) {
    State &state = endpoints_[next_ - 1];
    state.failed = true;
    const Says says = unanswered(failure) ? Says::nothing : state.endpoint.mirror ? Says::mirror : Says::registry;
    if (first_ && says <= first_says_) return;
    first_ = failure;
    first_says_ = says;
}

void Failover::warn(Log &log, const Error &failure) const {
    if (endpoints_.size() == 1) return;
    const std::string other = successor();
    log.warning(other.empty() ? failure.message : say("{}; asking {}", failure.message, other));
}

Error Failover::verdict(const std::string &name) const {
    if (!first_) // no endpoint was asked
        return {Kind::network, say("no endpoint of {} answers", name)};
    Error error = *first_;
    std::string mirrors;
    for (const State &state : endpoints_)
        if (state.failed && state.endpoint.mirror) mirrors += (mirrors.empty() ? "" : ", ") + state.endpoint.host;
    if (first_says_ == Says::registry && !mirrors.empty())
        error.message = say("{} (mirrors asked before: {})", error.message, mirrors);
    return error;
}

} // namespace ferry::core
