// What an HTTP proxy's own answer means: that it wants a login, or that it does not let a request through.
#pragma once

#include "transport/head.h"
#include "transport/proxy_rules.h"

#include <optional>

namespace ferry::net {

// Does the proxy ask who we are? Pure.
bool wants_proxy_login(const Head &head);

// The refusal of a request with an absolute URL, if it is the proxy that answered; nothing: the target did. Pure.
std::optional<Error> refused_request(const Proxy &proxy, const Url &url, const Head &head);

// Why the proxy, which wants a login, does not get one that it likes. Pure.
Error refused_login(const Proxy &proxy, const Head &head);

// Why the proxy opened no tunnel to `url`. Pure.
Error refused_tunnel(const Proxy &proxy, const Url &url, const Head &head);

} // namespace ferry::net
