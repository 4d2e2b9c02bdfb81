// `ferry demo`: the whole path without a network.
#pragma once

#include "cli/demo/demo.h"
#include "cli/line/values.h"

namespace ferry::cli {

// Throws core::Error(usage) for what excludes each other. Pure.
DemoArguments demo_arguments(const Values &values);

Command demo_command();

} // namespace ferry::cli
