// From a URL and its proxy to a connection on which the request can be sent: dial, the proxy's own handshake, TLS.
#pragma once

#include "transport/connection.h"
#include "transport/dial.h"
#include "transport/proxy_login.h"
#include "transport/proxy_rules.h"
#include "transport/trust.h"

#include <memory>

namespace ferry::net {

// How often a proxy may ask for another login in one request: first for Digest, then for a new nonce.
constexpr int most_logins = 2;

// [any-thread]
class Connector {
public:
    // `logins` outlives this. Throws FERRY_E_INVALID naming a file of the options that cannot be used.
    Connector(const TlsOptions &tls, Resolver resolver, ProxyLogins &logins)
        : trusts_(tls), resolver_(std::move(resolver)), logins_(logins) {}

    // `proxy` nullptr: directly. With an HTTP proxy a connection for an https URL leads through its tunnel; one for an
    // http URL to the proxy itself. Throws ferry::Error.
    std::unique_ptr<Connection> connect(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy);

private:
    Poco::AutoPtr<Wire> reach_proxy(const Url &url, const Proxy &proxy, const Patience &patience);
    Poco::AutoPtr<Wire> through_socks(const Url &url, const Proxy &proxy, const Patience &patience);
    Poco::AutoPtr<Wire> through_http(const ferry_request &request, const Url &url, const Proxy &proxy,
                                     const Patience &patience);
    // False: the proxy wants another login than the one sent, which is known by now.
    bool tunnel(Wire &wire, const ferry_request &request, const Url &url, const Proxy &proxy, const Patience &patience);

    Trusts trusts_;
    Resolver resolver_;
    ProxyLogins &logins_;
};

// What errors call the other end of a connection to `url`.
Text peer_name(const Url &url, const Proxy *proxy);

} // namespace ferry::net
