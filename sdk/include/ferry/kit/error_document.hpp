// ferry/kit/error_document.hpp: what a registry or its token service says when it refuses. Link ferry::kit.
#ifndef FERRY_KIT_ERROR_DOCUMENT_HPP
#define FERRY_KIT_ERROR_DOCUMENT_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace ferry::kit {

// Of a refusal more than this is not read: what begins so long is no error document.
constexpr std::size_t most_error_bytes = 64 << 10;

// One line each, in valid UTF-8 without control characters, so that they can stand in a message.
struct ErrorDocument {
    std::string code;    // at most 100 bytes
    std::string message; // at most 200 bytes

    // "CODE, message", or the one that there is.
    std::string words() const;
};

// The first error of {"errors":[{"code","message"}]} (OCI distribution-spec 1.1, "Error Codes"); else the first text
// among "details" (Docker Hub), "error_description" (RFC 6749 section 5.2), "message" and "error" for a message.
// Empty for anything else, such as a page of a proxy. Pure; never throws.
ErrorDocument error_document(std::string_view body);

// Text of unknown origin as a part of a message: one line of at most `most` bytes of valid UTF-8, with "..." where
// something was cut off.
std::string one_line(std::string_view text, std::size_t most);

} // namespace ferry::kit

#endif
