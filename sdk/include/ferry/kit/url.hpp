// ferry/kit/url.hpp: http and https URLs, and registries as people write them. Link ferry::kit.
//
// A URL is split and joined as it stands (RFC 3986): no byte of its path and query is decoded or encoded again, since
// signed redirect targets do not survive that. All functions are pure. [any-thread]
#ifndef FERRY_KIT_URL_HPP
#define FERRY_KIT_URL_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::kit {

// Why a text is not what it should be.
enum class UrlFault {
    character,     // it holds a space or a control character
    relative,      // it has no scheme
    scheme,        // it is neither http nor https
    login,         // it holds a user name or password
    no_host,       // it names no host
    open_bracket,  // an IPv6 address lacks its ]
    after_bracket, // something other than a port follows the ]
    ipv6,          // there is no IPv6 address between the brackets
    host,          // its host has a character that no host has, or is longer than 255
    port           // its port is not a number from 1 to 65535
};

struct HostPort {
    std::string host;       // lower case, an IPv6 address without brackets; it may have a zone
    std::uint16_t port = 0; // 0: none was given, nor is one by "host:" (RFC 3986 section 3.2.3)
};
// "host", "host:port", "[v6]" or "[v6]:port". A host consists of letters, digits, dots, hyphens and underscores: what
// is none here may be one to a proxy or a resolver that decodes it (%31%32%37.0.0.1, a\.b, full-width digits). On a
// fault, `fault` says which.
std::optional<HostPort> parse_host_port(std::string_view text, UrlFault &fault);

// The same for a server that a user names in an option: where no port can be meant, an IPv6 address may lack its
// brackets.
std::optional<HostPort> parse_server(std::string_view text, UrlFault &fault);
// Is `host`, at that port, the server that was named? Without a port every port of it is; dots at the end of a name
// count for nothing.
bool same_server(const HostPort &named, std::string_view host, std::uint16_t port);

// "host:port" with brackets around an IPv6 address; without the port where it is 0.
std::string join_host_port(std::string_view host, std::uint16_t port);

struct Url {
    std::string scheme;     // "http" or "https"
    std::string host;       // lower case, an IPv6 address without brackets
    std::uint16_t port = 0; // the scheme's own where none was given
    std::string target;     // path and query, begins with '/', without fragment

    // Any absolute http or https URL without user information. On a fault, `fault` says which.
    static std::optional<Url> parse(std::string_view text, UrlFault &fault);
    static std::optional<Url> parse(std::string_view text) {
        UrlFault fault;
        return parse(text, fault);
    }

    bool tls() const noexcept { return scheme == "https"; }
    // host[:port] as in the Host field: an IPv6 address in brackets, the port left out where it is the scheme's own.
    std::string authority() const;
    // scheme://authority
    std::string origin() const { return scheme + "://" + authority(); }
    std::string str() const { return origin() + target; }
    bool same_origin(const Url &other) const noexcept {
        return scheme == other.scheme && host == other.host && port == other.port;
    }
};

// A registry as people name it: [http://|https://]host[:port]
struct RegistryAddress {
    std::string scheme; // "http" or "https" as typed; empty: https, or http where that is allowed and https not spoken
    std::string host;   // as typed, an IPv6 address without brackets
    std::uint16_t port = 0; // 0: the scheme's own

    // Slashes may follow. On a fault, `fault` says which.
    static std::optional<RegistryAddress> parse(std::string_view text, UrlFault &fault);

    // host[:port]: its name, by which logins and mirrors refer to it.
    std::string str() const { return join_host_port(host, port); }
    // What parse() makes this of: with the scheme, where there is one.
    std::string typed() const { return scheme + (scheme.empty() ? "" : "://") + str(); }
    // scheme://host[:port], https where none was typed.
    std::string base_url() const { return (scheme.empty() ? "https" : scheme) + "://" + str(); }
    bool plain_http() const noexcept { return scheme == "http"; }
    // Is it the same registry, spoken to in the same way? https is the same whether it was typed or not.
    bool same_registry(const RegistryAddress &other) const noexcept {
        return host == other.host && port == other.port && plain_http() == other.plain_http();
    }

    bool operator==(const RegistryAddress &other) const noexcept {
        return scheme == other.scheme && host == other.host && port == other.port;
    }
    bool operator!=(const RegistryAddress &other) const noexcept { return !(*this == other); }
};

} // namespace ferry::kit

#endif
