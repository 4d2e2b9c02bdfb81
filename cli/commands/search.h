// `ferry search`: the repositories of a registry.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command search_command();

} // namespace ferry::cli
