// Which proxy serves which host. Pure.
#pragma once

#include "transport/url.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::net {

struct Proxy {
    std::string scheme; // "http", "https", "socks5" (names are resolved here) or "socks5h" (there)
    std::string host;
    std::uint16_t port = 0;
    std::string user; // both decoded, both empty without credentials
    std::string password;

    bool socks() const noexcept { return scheme.starts_with("socks"); }
    bool has_login() const noexcept { return !user.empty() || !password.empty(); }
    // "host:port": what logs and errors may show.
    std::string endpoint() const;
};

// "http://user:password@host:port/", "host:port", "host"; credentials percent-decoded. "socks://" is taken for
// socks5h, as desktops write it. Throws FERRY_E_INVALID naming `option` and never the credentials.
Proxy parse_proxy(std::string_view text, std::string_view option);

// One entry of a NO_PROXY list.
struct Exception {
    enum class Kind { everything, name, suffix, network };
    Kind kind = Kind::name;
    std::string name;                   // lower case; for a suffix with its leading dot
    std::vector<unsigned char> address; // 4 or 16 bytes
    unsigned bits = 0;
    std::uint16_t port = 0; // 0: any
};

// Entries apart by commas or spaces: `*`; `host` (the host and everything under it); `.suffix` and `*.suffix` (only
// what is under it); an address; a network as address/bits; each but `*` and a network with an optional `:port`.
// What cannot be read matches nothing, as everywhere else.
std::vector<Exception> parse_exceptions(std::string_view list);

// The proxy of one server; none: directly.
struct Assignment {
    HostPort server;
    std::optional<Proxy> proxy;
};

// "registry.corp=http://proxy:3128, cdn.corp:8443=direct", apart by commas or spaces. Throws as parse_proxy does.
std::vector<Assignment> parse_assignments(std::string_view list, std::string_view option);

struct ProxyRules {
    std::optional<Proxy> http;
    std::optional<Proxy> https;
    std::optional<Proxy> all;
    std::vector<Exception> exceptions;
    std::vector<Assignment> assigned;
};

struct Route {
    const Proxy *proxy; // nullptr: connect directly
    const char *why;    // for the debug log
};

// What is assigned to a server comes first, then the exceptions; then the scheme's proxy serves, then the one for all.
// As in curl, and unlike in Go, loopback is no exception unless one names it.
Route choose(const ProxyRules &rules, std::string_view scheme, std::string_view host, std::uint16_t port);

} // namespace ferry::net
