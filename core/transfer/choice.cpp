#include "core/transfer/choice.h"

#include <tuple>

namespace ferry::core {

std::optional<std::size_t> choose_endpoint(const std::vector<EndpointRecord> &endpoints,
                                           const std::vector<bool> &tried) {
    std::optional<std::size_t> best;
    const auto rank = [&](std::size_t i) {
        const EndpointRecord &e = endpoints[i];
        // Only mirrors share: a second registry endpoint is a fallback of the first.
        return std::tuple(e.silent, !e.mirror, e.failures, e.mirror ? e.active : 0);
    };
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        if (endpoints[i].dropped || (i < tried.size() && tried[i])) continue;
        if (!best || rank(i) < rank(*best)) best = i;
    }
    return best;
}

} // namespace ferry::core
