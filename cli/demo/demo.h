// `ferry demo`: the whole path on a machine without a network. An image is made, served on loopback, pulled from there
// by the ordinary pull, and its archive read again.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

namespace ferry::core {
struct PullRequest;
}

namespace ferry::cli {

struct DemoArguments {
    std::string folder = "./output";
    bool by_option = false; // the folder was named with -o
    std::string format = "synology";
};

// `pull` is what `ferry pull` does with a request; it prints the archive's path and returns the exit code.
int run_demo(const DemoArguments &arguments, const std::stop_token &stop,
             const std::function<int(core::PullRequest)> &pull);

} // namespace ferry::cli
