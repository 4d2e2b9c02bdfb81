// The commands of the program. Each prints its results on standard output and returns the exit code.
#pragma once

#include "cli/commands/args.h"

#include <stop_token>

namespace ferry::cli {

int run_pull(PullArguments arguments, std::stop_token stop);
// Removes what unfinished pulls left in the folders.
int run_clean(const CleanArguments &arguments);
int run_plugins(const PluginsArguments &arguments);
// What registries tell without a download (cli/commands/look.cpp).
int run_inspect(LookArguments arguments, std::stop_token stop);
int run_tags(LookArguments arguments, std::stop_token stop);
int run_search(LookArguments arguments, std::stop_token stop);

// The plugins that there are: of --plugin-dir and the other folders. Throws Error where a folder that was named is not.
core::Catalog catalog_of(std::vector<std::string> plugin_dirs);
// The platforms of the one image that the request names. Throws Error.
std::vector<std::string> platforms_of(const core::PullRequest &request, const core::Catalog &catalog,
                                      std::stop_token stop);

} // namespace ferry::cli
