// SOCKS5 as a client: CONNECT only (RFC 1928), with user and password (RFC 1929).
#pragma once

#include "transport/dial.h"
#include "transport/proxy_rules.h"

#include <optional>
#include <string>

namespace ferry::net {

// On a wire to the proxy: asks it for a connection to host:port, or to `address` where names are resolved here. On
// return the wire leads there. Throws FERRY_E_PROXY and what waits on a wire throw.
void socks_connect(Wire &wire, const Proxy &proxy, const std::string &host, std::uint16_t port, const Address *address,
                   const Patience &patience);

// The bytes of the request for a connection (RFC 1928 section 4). Throws FERRY_E_INVALID on a name of more than 255
// bytes. Pure.
std::string socks_request(const std::string &host, std::uint16_t port, const Address *address);

// What the reply code of a refusal means (RFC 1928 section 6). Pure.
struct SocksRefusal {
    const char *why;
    bool retryable;
};
SocksRefusal socks_refusal(unsigned code) noexcept;

} // namespace ferry::net
