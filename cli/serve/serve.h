// `ferry serve`: the archives of a folder as a read-only registry.
#pragma once

#include "cli/serve/connection.h"

#include <functional>
#include <map>
#include <stop_token>
#include <string>

namespace ferry::cli {

struct ServeArguments {
    std::string folder = "./output";
    std::string listen = "127.0.0.1:5000";
    std::string tls_certificate, tls_key;
    std::map<std::string, std::string> hashes;  // users of an htpasswd file
    std::map<std::string, std::string> secrets; // the user of -u
    ServerRules rules;
    bool quiet = false;
};

// Until `stop`. Hands the registry's URL to `print`, for standard output, as soon as it answers. Returns the exit code.
int run_serve(const ServeArguments &arguments, const std::stop_token &stop,
              const std::function<void(const std::string &)> &print);

} // namespace ferry::cli
