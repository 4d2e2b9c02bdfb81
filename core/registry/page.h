// Pages by which servers, proxies and networks answer instead of the registry, as pure functions of what they say.
#pragma once

#include "core/base/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace ferry::core {

// The failure behind a 400 of nginx or of Go's server: plain http on a port of TLS, or a client certificate that it
// misses or does not accept; by the words of that page. `by` is host[:port] of the server. Nothing: it is another one.
std::optional<Error> explain_page(int status, std::string_view base_url, std::string_view body, const std::string &by);

// Is that body one of HTML or XML? No answer of the distribution API is.
bool is_page(std::string_view body) noexcept;

// The failure when such a page came with 200, as login pages of networks and proxies do it.
Error page_instead(const std::string &by, const Text &what);

} // namespace ferry::core
