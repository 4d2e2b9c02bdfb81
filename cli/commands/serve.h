// `ferry serve`: the archives of a folder as a registry.
#pragma once

#include "cli/line/values.h"
#include "cli/serve/serve.h"

namespace ferry::cli {

// All but the user of -u. Reads the file of --htpasswd. Throws core::Error(usage) for what excludes each other.
ServeArguments serve_arguments(const Values &values);

Command serve_command();

} // namespace ferry::cli
