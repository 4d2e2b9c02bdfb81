// Who the user is at one registry.
#pragma once

#include <string>

namespace ferry::core {

struct Credentials {
    std::string username; // empty: anonymous
    std::string secret;   // password or personal token
    std::string identity_token;
};

} // namespace ferry::core
