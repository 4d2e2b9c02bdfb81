// One HTTP exchange, directly or through a proxy: dial, TLS, request, head; the body is read by the response. Follows
// no redirect and adds no credentials; sends a request twice only when an idle connection had died before it (RFC 9112
// section 9.3.1), which no server can have answered. A timeout of 0 or less is none.
#pragma once

#include "transport/dial.h"
#include "transport/pool.h"
#include "transport/proxy_login.h"
#include "transport/proxy_rules.h"
#include "transport/tls.h"

#include <ferry/transport.hpp>

#include <map>

namespace ferry::net {

class Engine {
public:
    explicit Engine(const TlsOptions &tls, Resolver resolver = system_resolver())
        : trusts_(tls), resolver_(std::move(resolver)) {}

    // `proxy` nullptr: directly. Throws ferry::Error. The engine outlives the response. [any-thread]
    std::unique_ptr<Response> open(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy);

private:
    std::unique_ptr<Connection> connect(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy);
    Poco::AutoPtr<Wire> reach_proxy(const Url &url, const Proxy &proxy, const Patience &patience);
    Poco::AutoPtr<Wire> through_socks(const Url &url, const Proxy &proxy, const Patience &patience);
    // False: the proxy wants another login than the one sent, which is known by now.
    bool tunnel(Wire &wire, const Patience &patience, const ferry_request &request, const Url &url, const Proxy &proxy);
    ProxyLogin &login(const Proxy &proxy);

    Trusts trusts_;
    Resolver resolver_;
    Pool pool_;
    std::mutex mutex_;
    std::map<std::string, ProxyLogin> logins_; // by the proxy and its user
};

// The options by which a transport's TLS is set.
TlsOptions tls_options(const Config &config);

// Those options, for a plugin's list.
#define FERRY_TLS_OPTIONS                                                                                              \
    {"insecure", "no", ferry::later("Skip the verification of TLS certificates.")},                                    \
        {"insecure_hosts", nullptr, ferry::later("Skip it for these alone: host[:port], separated by commas.")},       \
        {"ca_cert", nullptr,                                                                                           \
         ferry::later("PEM file or folder of certificate authorities to trust beside the system's.")},                 \
        {"client_cert", nullptr, ferry::later("PEM file with the certificate that identifies this client.")},          \
        {"client_key", nullptr, ferry::later("PEM file with that certificate's private key.")},                        \
        {"certs_dir", "/etc/docker/certs.d:/etc/containers/certs.d",                                                   \
         ferry::later("Folders with a folder HOST[:PORT] for each server: its *.crt, *.cert and *.key.")},             \
    {                                                                                                                  \
        "min_tls", "1.2", ferry::later("The lowest version of TLS to speak: 1.2 or 1.3.")                              \
    }

} // namespace ferry::net
