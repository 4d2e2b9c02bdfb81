// `ferry --version`.
#pragma once

namespace ferry::cli {

// Prints the versions of the program and of the plugin interface. Returns the exit code.
int print_version();

} // namespace ferry::cli
