// The options of every command that talks to registries, and the request that they make. Pure.
#pragma once

#include "cli/line/values.h"
#include "core/registry/access.h"

#include <functional>
#include <string>
#include <vector>

namespace ferry::cli {

Group network_group();
Group login_group();
Group plugins_group();

// Reads a variable of the environment; empty where there is none.
using Environment = std::function<std::string(const char *name)>;

// All but the credentials. Throws core::Error(usage).
core::AccessRequest access_request(const Values &values, const Environment &environment);

} // namespace ferry::cli
