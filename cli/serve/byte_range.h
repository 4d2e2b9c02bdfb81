// The header field Range of a request (RFC 9110 section 14.2). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferry::cli {

struct ByteRange {
    enum class Kind { whole, part, impossible } kind = Kind::whole;
    std::uint64_t begin = 0, end = 0; // [begin, end)
};

// What the field means for a body of `size` bytes. Several ranges, other units and nonsense mean the whole, as the RFC
// allows.
ByteRange parse_byte_range(std::string_view field, std::uint64_t size) noexcept;

} // namespace ferry::cli
