// Where a redirect may lead, as pure functions: what the user gave up with --insecure, and the line between the private
// and the public part of the network.
#pragma once

#include "core/base/url.h"

#include <ferry/text.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

// Where the user does without verified TLS: everywhere (--insecure), or at some servers (--insecure=HOST).
struct Insecure {
    bool everywhere = false;
    std::vector<std::string> servers; // host or host:port, lower case; without a port it is every port of that host

    bool at(const Url &url) const;
};

// Takes the values of --insecure: yes and no in all their forms, or servers, apart by commas. Throws Error(usage) on
// what is no server.
Insecure parse_insecure(const std::vector<std::string> &values);

struct RedirectRules {
    Insecure insecure;
    // A public host may lead into the private network.
    bool into_private = false;
};

// The one rule for whatever a registry sends us to (redirects, token services, pages of a list, URLs of layers): what
// was asked for from the public host `origin` may not lead to a host within a private network (kit::is_private).
bool enters_private(std::string_view origin, std::string_view host, const RedirectRules &rules);

// Why a request that began at `origin` may not follow from `from` to `location`, and what the user can do.
struct RedirectRefusal {
    Text why;
    Text remedy;
};
std::optional<RedirectRefusal> refuse_redirect(const Url &origin, const Url &from, std::string_view location,
                                               const RedirectRules &rules);

// The URL that `location` means, as sent by `from` to a request that began at `origin`. Throws Error(network) where it
// is no URL, or where refuse_redirect has something against it.
Url follow(const Url &origin, const Url &from, std::string_view location, const RedirectRules &rules);

} // namespace ferry::core
