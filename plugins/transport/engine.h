// One HTTP exchange, directly or through a proxy: dial, TLS, request, head; the body is read by the response. Follows
// no redirect and adds no credentials; sends a request twice only when an idle connection had died before it (RFC 9112
// section 9.3.1), which no server can have answered. A timeout of 0 or less is none.
#pragma once

#include "transport/dial.h"
#include "transport/pool.h"
#include "transport/proxy_rules.h"
#include "transport/tls.h"

#include <ferry/transport.hpp>

namespace ferry::net {

class Engine {
public:
    explicit Engine(const TlsOptions &tls, Resolver resolver = system_resolver())
        : trust_(tls), resolver_(std::move(resolver)) {}

    // `proxy` nullptr: directly. Throws ferry::Error. The engine outlives the response. [any-thread]
    std::unique_ptr<Response> open(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy);

private:
    std::unique_ptr<Connection> connect(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy);
    void tunnel(Wire &wire, const Patience &patience, const ferry_request &request, const Url &url,
                const Proxy &proxy) const;

    Trust trust_;
    Resolver resolver_;
    Pool pool_;
};

// The options by which a transport's TLS is set.
TlsOptions tls_options(const Config &config);

} // namespace ferry::net
