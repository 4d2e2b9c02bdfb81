// Which endpoint serves the next request: a pure function of how each has done so far.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace ferry::core {

struct EndpointRecord {
    bool mirror = false;
    bool dropped = false;  // it served wrong bytes
    int active = 0;        // requests under way
    int failures = 0;      // since its last byte
    bool silent = false;   // it does not answer at all
    bool answered = false; // it has brought bytes
};

// The best endpoint that is neither dropped nor marked in `tried`. Mirrors share the work: among those without
// failures the one with the fewest requests, the earlier where they have the same. The registry itself is asked when no
// mirror is left, and what is silent when nothing else is. Nothing when all are tried or dropped.
std::optional<std::size_t> choose_endpoint(const std::vector<EndpointRecord> &endpoints,
                                           const std::vector<bool> &tried);

} // namespace ferry::core
