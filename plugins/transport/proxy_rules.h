// Which proxy serves which host. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::net {

struct Proxy {
    std::string scheme; // "http", "https", "socks5" and so on
    std::string host;
    std::uint16_t port = 0;
    std::string authorization; // the value of Proxy-Authorization; empty without credentials

    // "host:port": what logs and errors may show.
    std::string endpoint() const;
};

// "http://user:password@host:port/", "host:port", "host"; credentials percent-decoded. Throws FERRY_E_INVALID naming
// `option` and never the credentials.
Proxy parse_proxy(std::string_view text, std::string_view option);

// One entry of a NO_PROXY list.
struct Exception {
    enum class Kind { everything, name, suffix, network };
    Kind kind = Kind::name;
    std::string name; // lower case; for a suffix with its leading dot
    std::vector<unsigned char> address; // 4 or 16 bytes
    unsigned bits = 0;
    std::uint16_t port = 0; // 0: any
};

// Entries apart by commas or spaces: `*`; `host` (the host and everything under it); `.suffix` and `*.suffix` (only
// what is under it); an address; a network as address/bits; each but `*` and a network with an optional `:port`.
// What cannot be read matches nothing, as everywhere else.
std::vector<Exception> parse_exceptions(std::string_view list);

struct ProxyRules {
    std::optional<Proxy> http;
    std::optional<Proxy> https;
    std::optional<Proxy> all;
    std::vector<Exception> exceptions;
};

// nullptr: connect directly. Loopback is no exception of its own: only the list counts.
const Proxy *choose(const ProxyRules &rules, std::string_view scheme, std::string_view host, std::uint16_t port);

} // namespace ferry::net
