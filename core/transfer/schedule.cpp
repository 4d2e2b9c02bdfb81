#include "core/transfer/schedule.h"

#include <algorithm>
#include <numeric>

namespace ferry::core {

std::size_t Schedule::add(Blob &blob, bool spooled, bool settled) {
    Item &item = items_.emplace_back();
    item.blob = &blob;
    item.spooled = spooled;
    item.verified = settled;
    if (!settled) ++open_;
    return items_.size() - 1;
}

void Schedule::begin() {
    order_.resize(items_.size());
    std::iota(order_.begin(), order_.end(), 0);
    // The digest of a large blob takes long, and one thread at a time works on it.
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
        const auto rank = [](const Item &item) {
            return std::pair(!item.spooled, item.spooled ? 0 : ~item.blob->descriptor().size);
        };
        return rank(items_[a]) < rank(items_[b]);
    });
}

std::optional<Schedule::Job> Schedule::next() {
    bool room = true;
    for (const std::size_t i : order_) {
        Item &item = items_[i];
        if (item.verified) continue;
        if (item.spooled && !item.admitted) {
            const std::uint64_t size = item.blob->descriptor().size;
            // The first in line always fits: whoever waits for it could not resume otherwise.
            room = room && (spooled_ == 0 || spooled_ + size <= rules_.spool_limit);
            if (!room) continue;
            spooled_ += size;
            item.admitted = true;
        }
        const bool shared = item.shared && item.ranges;
        const std::uint64_t most = shared ? segment_size(*item.pace, rules_.segments) : no_segments;
        if (auto claim = item.blob->claim(most)) return Job{i, std::move(claim), shared};
    }
    return join_in();
}

std::optional<Schedule::Job> Schedule::join_in() {
    std::size_t busiest = items_.size();
    double longest = 0; // seconds that one connection would still need
    for (std::size_t i = 0; i < items_.size(); ++i) {
        const Item &item = items_[i];
        if (item.verified || !item.ranges || item.blob->sink().in_order() || !item.pace) continue;
        const double left = static_cast<double>(item.blob->largest_rest()) / std::max(item.pace->rate, 1.0);
        if (left > longest) {
            longest = left;
            busiest = i;
        }
    }
    if (busiest == items_.size()) return std::nullopt;
    Item &item = items_[busiest];
    auto claim =
        item.blob->split(least_to_split(*item.pace, rules_.least_split), segment_size(*item.pace, rules_.segments));
    if (!claim) return std::nullopt;
    item.shared = true;
    return Job{busiest, std::move(claim), true};
}

bool Schedule::has_reader() const noexcept {
    return std::any_of(items_.begin(), items_.end(), [](const Item &item) { return item.admitted && item.verified; });
}

void Schedule::set_verified(std::size_t number) {
    items_[number].verified = true;
    --open_;
}

void Schedule::consumed(std::size_t number) {
    Item &item = items_[number];
    // What an earlier run had fetched whole was never admitted.
    if (item.admitted) spooled_ -= item.blob->descriptor().size;
    item.admitted = false;
}

bool Schedule::set_pace(std::size_t number, const Pace &pace) {
    const bool first = !items_[number].pace;
    items_[number].pace = pace;
    return first;
}

} // namespace ferry::core
