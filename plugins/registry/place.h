// Hosts and URLs, as far as the question goes whom a secret may be shown to. All functions are pure.
#pragma once

#include <ferry/kit/url.hpp>
#include <string>
#include <string_view>

namespace distribution {

// An absolute http or https URL; without scheme and host when the text is none. User names before the host make it
// none.
ferry::kit::Url url_of(std::string_view text);

// "registry:5000" without the port, "[::1]:5000" without port and brackets, in lower case; empty: it is none.
std::string host_of(std::string_view authority);

// A URL for an error or a log: without query and fragment, which may hold secrets.
std::string_view without_query(std::string_view url) noexcept;

} // namespace distribution
