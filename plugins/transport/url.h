// An absolute http or https URL, split but never rewritten: what stands between the authority and the fragment is what
// goes over the wire (RFC 3986 section 3). Poco::URI decodes %2F for good, which breaks presigned URLs.
#pragma once

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/url.hpp>
#include <ferry/text.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ferry::net {

struct Url {
    std::string scheme;    // "http" or "https"
    std::string host;      // lower case, IPv6 without brackets
    std::uint16_t port;    // the scheme's own when the URL has none
    std::string authority; // as the Host field bears it: brackets, and the port only if it is not the scheme's
    std::string target;    // path and query, verbatim, starting with '/'

    bool tls() const noexcept { return scheme == "https"; }
    // "host:port" with brackets around IPv6: what every error names.
    std::string endpoint() const;
};

// Throws FERRY_E_INVALID; the message never repeats user information or the query.
Url split_url(std::string_view text);

// host and port as "host:port", IPv6 in brackets.
inline std::string join(std::string_view host, std::uint16_t port) {
    return kit::join_host_port(host, port);
}

using kit::HostPort;
// "host", "host:port", "[v6]", "[v6]:port"; `fallback` when there is no port. Throws FERRY_E_INVALID, naming `what`.
HostPort split_authority(std::string_view text, std::uint16_t fallback, const Text &what);

// A server as a user names it in an option: "host", "host:port", "[v6]", "[v6]:port", "v6". Port 0: every port of it.
// Throws FERRY_E_INVALID, naming `what`.
HostPort parse_server(std::string_view text, const Text &what);
using kit::same_server;

using kit::lower;

} // namespace ferry::net
