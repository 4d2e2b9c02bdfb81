// `ferry plugins`: the plugins that there are, and the options of one.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command plugins_command();

} // namespace ferry::cli
