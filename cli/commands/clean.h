// `ferry clean`: removes what unfinished pulls left in folders.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command clean_command();

} // namespace ferry::cli
