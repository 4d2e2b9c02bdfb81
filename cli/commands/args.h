// The command line of `ferry pull`: flags over FERRY_* variables over the settings file over defaults.
#pragma once

#include "cli/demo/demo.h"
#include "cli/serve/serve.h"
#include "core/job/pull.h"

#include <stop_token>
#include <string>
#include <vector>

namespace ferry::cli {

struct PullArguments {
    core::PullRequest request;
    std::vector<std::string> plugin_dirs;
    bool debug = false;
    bool json = false;
    bool quiet = false;
    bool no_progress = false;
    bool ask = false;     // no image is named, and somebody sits at the terminal who can be asked
    bool version = false; // to be printed instead of pulling
    std::string help;     // the same
};

// `arguments` without the program's name and the word pull. Reads standard input for --password-stdin, and the
// terminal for the password of -u. Throws
// core::Error(usage).
PullArguments parse_pull(std::vector<std::string> arguments, const std::stop_token &stop = {});

// Of inspect, tags and search.
struct LookArguments {
    core::AccessRequest access;
    std::string name;      // an image, or what to search for
    std::string platform;  // of inspect: empty when none was given, or "all"
    std::size_t limit = 0; // of tags and search: 0 for all
    bool raw = false;
    bool json = false;
    bool debug = false;
    std::vector<std::string> plugin_dirs;
    std::string help;
};
// `command` is inspect, tags or search.
LookArguments parse_look(const std::string &command, std::vector<std::string> arguments,
                         const std::stop_token &stop = {});

struct PluginsArguments {
    std::string command = "list"; // or "show"
    std::string id;
    std::vector<std::string> plugin_dirs;
    bool json = false;
    std::string help;
};
struct CleanArguments {
    std::vector<std::string> folders;
    std::string help;
};
CleanArguments parse_clean(std::vector<std::string> arguments);

DemoArguments parse_demo(std::vector<std::string> arguments);
// Reads standard input for --password-stdin.
ServeArguments parse_serve(std::vector<std::string> arguments, const std::stop_token &stop = {});

PluginsArguments parse_plugins(std::vector<std::string> arguments);

} // namespace ferry::cli
