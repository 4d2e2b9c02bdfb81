// URLs as they stand (RFC 3986): taken apart and joined without decoding or re-encoding a byte of path or query, since
// signed redirect targets do not survive that.
#pragma once

#include <string>
#include <string_view>

namespace ferry::core {

struct Url {
    std::string scheme; // lower case
    std::string host;   // lower case, an IPv6 address in its brackets
    std::string port;   // digits, never empty: the scheme's default where none was given
    std::string target; // path and query, begins with '/', without fragment

    // Throws Error(network) on anything but an absolute http or https URL without user information.
    static Url parse(std::string_view text);

    // host[:port], the port left out where it is the scheme's default.
    std::string authority() const;
    // scheme://authority
    std::string origin() const;
    std::string str() const { return origin() + target; }
    bool same_origin(const Url &other) const noexcept;
};

// Where a Location field leads from `base` (RFC 3986 section 5.2, without dot-segment removal: the server gets what
// it sent).
Url resolve_location(const Url &base, std::string_view location);

// For logs and errors: no user information, and no query, which is where signed URLs carry their secret; at most some
// 300 bytes, and no control character.
std::string redact_url(std::string_view text);

// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3) and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});

} // namespace ferry::core
