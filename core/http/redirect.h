// Where a redirect may lead, as pure functions: not to another scheme, not out of encryption, and not from the public
// into the private part of the network.
#pragma once

#include "core/http/insecure.h"

#include <ferry/text.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ferry::core {

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
// is not a URL, or where refuse_redirect refuses it.
Url follow(const Url &origin, const Url &from, std::string_view location, const RedirectRules &rules);

} // namespace ferry::core
