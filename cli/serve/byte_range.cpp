#include "cli/serve/byte_range.h"

#include <algorithm>
#include <optional>

namespace ferry::cli {

namespace {

std::optional<std::uint64_t> number(std::string_view text) noexcept {
    constexpr std::size_t most_digits = 18;
    if (text.empty() || text.size() > most_digits) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

} // namespace

ByteRange parse_byte_range(std::string_view field, std::uint64_t size) noexcept {
    if (field.rfind("bytes=", 0) != 0) return {};
    field.remove_prefix(6);
    const auto dash = field.find('-');
    if (dash == field.npos) return {};
    const auto first = number(field.substr(0, dash)), last = number(field.substr(dash + 1));
    if (dash == 0) { // the last bytes
        if (!last) return {};
        if (*last == 0 || size == 0) return {ByteRange::Kind::impossible, 0, 0};
        return {ByteRange::Kind::part, size - std::min(*last, size), size};
    }
    if (!first || (!last && dash + 1 != field.size()) || (last && *last < *first)) return {};
    if (*first >= size) return {ByteRange::Kind::impossible, 0, 0};
    return {ByteRange::Kind::part, *first, last ? std::min(*last + 1, size) : size};
}

} // namespace ferry::cli
