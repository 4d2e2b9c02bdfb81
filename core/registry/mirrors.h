// Mirrors: other places that hold a registry's repositories, and how to reach them.
#pragma once

#include "core/image/reference.h"
#include "core/registry/credentials.h"
#include "core/registry/failover.h"

#include <ferry/registry.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ferry::core {

// One mirror as the user gives it: [REGISTRY=][http://]host[:port][/prefix].
struct Mirror {
    std::string registry; // host[:port] of the only registry that it is for; empty: for all
    std::string place;    // [http://]host[:port][/prefix]
};
// Throws Error(usage) on anything else. Pure.
Mirror parse_mirror(const std::string &text);

// The places of the mirrors for a repository of `reference`, which the user typed as `typed`; each once. Pure.
std::vector<std::string> mirror_places(const std::vector<Mirror> &mirrors, const Reference &typed,
                                       const Reference &reference);

// Mirrors that are asked before the backend's endpoints.
struct Mirrors {
    std::vector<std::string> places = {}; // [http://]host[:port][/prefix], most preferred first
    // The user's login at a mirror's own host[:port], for that mirror alone; null: there are none.
    std::function<Credentials(const std::string &host)> login = {};
    std::shared_ptr<Health> health = std::make_shared<Health>();
};

// The endpoint that `mirror` stands for (pure). Its path goes in front of the repository. Throws Error(usage).
ferry::Endpoint mirror_endpoint(const std::string &mirror, const std::string &repository);

} // namespace ferry::core
