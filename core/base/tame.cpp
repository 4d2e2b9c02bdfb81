#include "core/base/tame.h"

#include <ferry/utf8.hpp>

namespace ferry::core {

namespace {

bool ends_line(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool controls(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

// Unicode 15, PropList.txt, Bidi_Control; and U+206A to U+206F, which are deprecated and still obeyed here and there.
bool directs(char32_t c) {
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x206F);
}

} // namespace

Character first_character(std::string_view text) noexcept {
    const std::size_t size = ferry::utf8_length(text);
    if (size == 0) return {ferry::replacement_character, 1, false};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    char32_t code = size == 1 ? byte(0) : byte(0) & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) code = code << 6 | (byte(i) & 0x3Fu);
    return {code, size, true};
}

std::string tame(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = first_character(text);
        if (!c.valid)
            out += '?';
        else if (ends_line(c.code))
            out += ' ';
        else if (controls(c.code) || directs(c.code))
            out += '?';
        else
            out += text.substr(0, c.size);
        text.remove_prefix(c.size);
    }
    return out;
}

} // namespace ferry::core
