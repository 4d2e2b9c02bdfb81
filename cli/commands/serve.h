// `ferry serve`: the archives of a folder as a registry.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command serve_command();

} // namespace ferry::cli
