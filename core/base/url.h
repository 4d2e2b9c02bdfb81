// URLs as core meets them: kit::Url with errors for the user, redirects, and what may be shown of them.
#pragma once

#include <ferry/kit/percent.hpp>
#include <ferry/kit/url.hpp>
#include <string>
#include <string_view>

namespace ferry::core {

struct Url : kit::Url {
    // Throws Error(network) on anything but an absolute http or https URL without user information.
    static Url parse(std::string_view text);
};

// Where a Location field leads from `base` (RFC 3986 section 5.2, without dot-segment removal: the server gets what
// it sent).
Url resolve_location(const Url &base, std::string_view location);

// For logs and errors: no user information, and no query, which is where signed URLs carry their secret; at most some
// 300 bytes, and no control character.
std::string redact_url(std::string_view text);

using kit::percent_encode;

} // namespace ferry::core
