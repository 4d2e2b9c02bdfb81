// The commands of the program. Each prints its results on standard output and returns the exit code.
#pragma once

#include "cli/args.h"

#include <stop_token>

namespace ferry::cli {

int run_pull(PullArguments arguments, std::stop_token stop);
// Removes what unfinished pulls left in the folders.
int run_clean(const CleanArguments &arguments);
int run_plugins(const PluginsArguments &arguments);
// What registries tell without a download (cli/look.cpp).
int run_inspect(LookArguments arguments, std::stop_token stop);
int run_tags(LookArguments arguments, std::stop_token stop);
int run_search(LookArguments arguments, std::stop_token stop);

// Prints an error for the user: what failed, then what can be done.
int report(const core::Error &error);

} // namespace ferry::cli
