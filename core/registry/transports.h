// Which transports lead to registries, and what they have to know: pure functions of what the user said.
#pragma once

#include "core/registry/access_request.h"

#include <functional>
#include <string>
#include <vector>

namespace ferry::core {

struct TransportChoice {
    std::vector<std::string> ids; // from the top down
    std::string why;

    std::string str() const; // for the log: "transport: throttle,proxy (http_proxy is set)"
};

// `knows_rate`: does the transport of that id limit the rate itself?
TransportChoice choose_transports(const AccessRequest &request,
                                  const std::function<bool(const std::string &id)> &knows_rate);

// What the user said about TLS must reach the transport that does TLS, which is the last one. Throws Error(usage) where
// it does not declare such an option.
void check_tls_options(const AccessRequest &request, const std::string &id,
                       const std::function<bool(const std::string &key)> &declares);

// `message` with the options called as the user gave them (AccessRequest::option_names).
std::string in_users_words(std::string message, const std::map<std::string, std::string> &option_names);

} // namespace ferry::core
