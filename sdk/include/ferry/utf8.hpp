// ferry/utf8.hpp: UTF-8 of unknown origin, read by the rules of Go and of the Unicode standard (3.9, table 3-7).
//
// Header-only; all functions are pure. Each byte that is not part of a well-formed sequence counts as one U+FFFD.
#ifndef FERRY_UTF8_HPP
#define FERRY_UTF8_HPP

#include <string>
#include <string_view>

namespace ferry {

constexpr char32_t replacement_character = 0xFFFD;

// The bytes of the well-formed sequence at the front of `text`, or 0 where there is none. `text` is not empty.
inline std::size_t utf8_length(std::string_view text) noexcept {
    const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    unsigned low = 0x80, high = 0xBF; // of the second byte: no overlong form, no surrogate, nothing above U+10FFFF
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
    }
    if (length == 0 || text.size() < length || at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    return length;
}

// `c` must be a character: not a surrogate, at most U+10FFFF.
inline void append_utf8(std::string &out, char32_t c) {
    const auto push = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        push(c);
    } else if (c < 0x800) {
        push(0xC0 | c >> 6);
        push(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        push(0xE0 | c >> 12);
        push(0x80 | (c >> 6 & 0x3F));
        push(0x80 | (c & 0x3F));
    } else {
        push(0xF0 | c >> 18);
        push(0x80 | (c >> 12 & 0x3F));
        push(0x80 | (c >> 6 & 0x3F));
        push(0x80 | (c & 0x3F));
    }
}

// `text` with U+FFFD for each byte that belongs to no sequence.
inline std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length) {
            out += text.substr(0, length);
        } else {
            append_utf8(out, replacement_character);
        }
        text.remove_prefix(length ? length : 1);
    }
    return out;
}

// How many of the first `most` bytes of valid UTF-8 can be taken without cutting a sequence.
inline std::size_t utf8_prefix(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text.size();
    while (most && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return most;
}

} // namespace ferry

#endif
