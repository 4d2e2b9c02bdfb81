#include "cli/show/rate_meter.h"

namespace ferry::cli {

double RateMeter::sample(double seconds, std::uint64_t total) {
    if (!samples_.empty() && total < samples_.back().total) samples_.clear(); // a layer is fetched anew
    samples_.push_back({seconds, total});
    while (samples_.size() > 2 && samples_[1].seconds <= seconds - window_) samples_.pop_front();
    const double time = seconds - samples_.front().seconds;
    return time > 0 ? static_cast<double>(total - samples_.front().total) / time : 0;
}

} // namespace ferry::cli
