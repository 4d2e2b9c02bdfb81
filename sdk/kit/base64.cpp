#include <ferry/kit/base64.hpp>

namespace ferry::kit {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t at) {
            return at < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) : 0U;
        };
        const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        out += digits[group >> 18];
        out += digits[group >> 12 & 63];
        out += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? digits[group & 63] : '=';
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    std::string out;
    unsigned group = 0, have = 0, padding = 0;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        const auto digit = digits.find(c);
        if (c == '=' ? have < 2 : digit == digits.npos || padding) return std::nullopt;
        if (c == '=') ++padding;
        group = group << 6 | (c == '=' ? 0U : static_cast<unsigned>(digit));
        if (++have < 4) continue;
        for (unsigned i = 0; i + padding < 3; ++i) out += static_cast<char>(group >> (16 - 8 * i) & 0xFF);
        if (padding)
            have = 4; // nothing may follow
        else
            have = 0;
        group = 0;
        if (padding > 2) return std::nullopt;
    }
    // What is whole ends with its group.
    return have == 0 || (have == 4 && padding) ? std::optional(out) : std::nullopt;
}

} // namespace ferry::kit
