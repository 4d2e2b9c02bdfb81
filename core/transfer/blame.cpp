#include "core/transfer/blame.h"

#include <set>

namespace ferry::core {

void Blame::sent(std::uint64_t chunk, std::uint32_t crc, std::optional<std::size_t> endpoint) {
    sent_[chunk] = {crc, endpoint};
}

Blame::Verdict Blame::wrong() {
    std::set<std::optional<std::size_t>> senders;
    for (const auto &[chunk, sent] : sent_) senders.insert(sent.endpoint);
    Verdict verdict;
    if (senders.size() == 1 && *senders.begin())
        verdict.endpoint = *senders.begin();
    else
        suspects_ = std::move(sent_);
    sent_.clear();
    if (verdict.endpoint) verdict.dropped = endpoints_.drop(*verdict.endpoint);
    verdict.give_up = !verdict.dropped && ++bad_ > most_bad_;
    single_ = endpoints_.choose();
    return verdict;
}

std::vector<std::size_t> Blame::right() {
    std::vector<std::size_t> guilty;
    for (const auto &[chunk, before] : suspects_) {
        const auto now = sent_.find(chunk);
        if (now == sent_.end() || now->second.crc == before.crc || !before.endpoint) continue;
        if (endpoints_.drop(*before.endpoint)) guilty.push_back(*before.endpoint);
    }
    suspects_.clear();
    return guilty;
}

} // namespace ferry::core
