// `ferry demo`: the whole path without a network.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command demo_command();

} // namespace ferry::cli
