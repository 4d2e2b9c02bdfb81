// ferry/kit/base64.hpp: bytes as base64 with padding (RFC 4648 section 4). Link ferry::kit.
#ifndef FERRY_KIT_BASE64_HPP
#define FERRY_KIT_BASE64_HPP

#include <optional>
#include <string>
#include <string_view>

namespace ferry::kit {

std::string base64_encode(std::string_view bytes);

// Blanks and line ends between the characters count for nothing. Nothing where the text is not base64, or lacks its
// padding. Pure.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace ferry::kit

#endif
