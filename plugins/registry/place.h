// Hosts and URLs, as far as the question goes whom a secret may be shown to. All functions are pure.
#pragma once

#include <string>
#include <string_view>

namespace distribution {

// Lower case. "registry.local:5000", "[::1]:5000".
struct Place {
    std::string scheme;    // http or https; empty when the text was no such URL
    std::string authority; // host[:port]
    std::string host;      // without port and brackets
};

// Takes an absolute http or https URL apart. User names before the host make it none.
Place place_of(std::string_view url);

// "registry:5000" without the port, "[::1]:5000" without port and brackets, in lower case.
std::string host_of(std::string_view authority);

// A URL for an error or a log: without query and fragment, which may hold secrets.
std::string_view without_query(std::string_view url) noexcept;

// Everything but the unreserved characters of RFC 3986 as %XX.
std::string percent_encode(std::string_view text);

std::string base64(std::string_view bytes);

} // namespace distribution
