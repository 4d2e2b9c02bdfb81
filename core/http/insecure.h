// --insecure: where the user does without verified TLS, and without TLS.
#pragma once

#include "core/base/url.h"

#include <string>
#include <vector>

namespace ferry::core {

struct Insecure {
    bool everywhere = false;          // --insecure
    std::vector<std::string> servers; // --insecure=HOST or HOST:PORT, lower case; without a port: every port of it

    bool at(const Url &url) const;
};

// Reads the values of --insecure: yes and no in all their forms, or servers, separated by commas. Pure. Throws
// Error(usage) on what is not a server.
Insecure parse_insecure(const std::vector<std::string> &values);

} // namespace ferry::core
