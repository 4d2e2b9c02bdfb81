// `ferry pull`: images to archives.
#pragma once

#include "cli/line/values.h"
#include "core/job/pull.h"

#include <stop_token>
#include <string>
#include <vector>

namespace ferry::cli {

struct PullArguments {
    core::PullRequest request;
    std::string list; // the file of --from, "-" for standard input, or empty
    std::vector<std::string> plugin_dirs;
    bool debug = false;
    bool json = false;
    bool quiet = false;
    bool no_progress = false;
};

// All but the credentials and the images of the list. Pure but for the variables of proxies and certificates. Throws
// core::Error(usage) for what excludes each other.
PullArguments pull_arguments(const Values &values);

// Pulls, shows how far it is, and prints the paths of the archives. Returns the exit code. Throws core::Error, without
// secrets.
int pull(PullArguments arguments, std::stop_token stop);

Command pull_command();

} // namespace ferry::cli
