#include "core/transfer/tuner.h"

#include <algorithm>

namespace ferry::core {

int Tuner::sample(double rate) noexcept {
    if (resting_ > 0) {
        // The rate to beat is that of now, not of a better hour.
        best_ = resting_ == 1 ? rate : best_;
        if (--resting_ == 0) before_ = 0;
        return limit_;
    }
    best_ = std::max(best_, rate);
    // Of many connections one more cannot bring a tenth; half of its share is enough.
    const double gain = doubling_ ? doubling_gain : std::min(most_gain, 0.5 / limit_);
    if (best_ > before_ * (1 + gain)) {
        if (limit_ == most_) return limit_;
        before_ = best_;
        best_ = 0;
        waited_ = 0;
        step_ = doubling_ ? std::min(limit_, most_ - limit_) : 1;
        return limit_ += step_;
    }
    if (++waited_ >= patience && step_) {
        limit_ -= step_;
        rest(rest_after_step);
    }
    return limit_;
}

int Tuner::punish() noexcept {
    limit_ = std::max(1, limit_ / 2);
    rest(rest_punished);
    return limit_;
}

void Tuner::rest(int samples) noexcept {
    doubling_ = false;
    step_ = 0;
    waited_ = 0;
    best_ = 0;
    resting_ = samples;
}

} // namespace ferry::core
