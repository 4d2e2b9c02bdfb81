// Where a redirect may lead, as pure functions: what the user gave up with --insecure, and the line between the private
// and the public part of the network.
#pragma once

#include "core/base/url.h"

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

// Is that host literally within this machine or a private network: an address of loopback, RFC 1918, RFC 6598, RFC 4193,
// link-local or "this network", in any notation that resolvers take for one (127.1, 0x7f000001, ::ffff:10.0.0.1); or a
// name without a dot, or under localhost, local, lan, internal, home.arpa, localdomain or test? What a public name
// resolves to is not asked.
bool literally_private(std::string_view host);

struct RedirectRules {
    Insecure insecure;
    // A public host may redirect into the private network.
    bool into_private = false;
};

// Why a request that began at `origin` may not follow from `from` to `location`, and what the user can do.
struct RedirectRefusal {
    std::string why;
    std::string remedy;
};
std::optional<RedirectRefusal> refuse_redirect(const Url &origin, const Url &from, std::string_view location,
                                               const RedirectRules &rules);

} // namespace ferry::core
