// ferry/kit/percent.hpp: percent-encoding (RFC 3986 section 2.1). Link ferry::kit.
#ifndef FERRY_KIT_PERCENT_HPP
#define FERRY_KIT_PERCENT_HPP

#include <string>
#include <string_view>

namespace ferry::kit {

// Everything as %XX but the unreserved characters (RFC 3986 section 2.3) and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});

// Each %XX as its byte. A % that does not begin one stands for itself; percent_encoded() says whether there is such.
std::string percent_decode(std::string_view text);

// Is every % followed by two hexadecimal digits?
bool percent_encoded(std::string_view text) noexcept;

} // namespace ferry::kit

#endif
