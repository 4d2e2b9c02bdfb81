// One HTTP exchange, directly or through a proxy: connection, request, head; the body is read by the response. Follows
// no redirect and adds no credentials; sends a request twice only when an idle connection had died before it (RFC 9112
// section 9.3.1), which no server can have answered. A timeout of 0 or less is none.
#pragma once

#include "transport/connector.h"
#include "transport/os/lookup.h"
#include "transport/pool.h"
#include "transport/tls_options.h"

#include <ferry/transport.hpp>

namespace ferry::net {

class Engine {
public:
    explicit Engine(const TlsOptions &tls, Resolver resolver = os::look_up)
        : connector_(tls, std::move(resolver), logins_) {}

    // `proxy` nullptr: directly. Throws ferry::Error. The engine outlives the response. [any-thread]
    std::unique_ptr<Response> open(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy);

private:
    std::unique_ptr<Connection> take_idle(const Destination &to, const Url &url, const Proxy *proxy);

    ProxyLogins logins_;
    Connector connector_;
    Pool pool_;
};

} // namespace ferry::net
