// Text of others (registries, servers, plugins, files) made fit to be shown: nothing in it moves a cursor, begins a
// line of its own or turns the order of letters around. Pure, and the same in every locale.
#pragma once

#include <string>
#include <string_view>

namespace ferry::core {

// The first character of a text that is not empty (UTF-8 as <ferry/utf8.hpp> reads it).
struct Character {
    char32_t code;    // U+FFFD where `valid` is false
    std::size_t size; // bytes; 1 where `valid` is false
    bool valid;
};
Character first_character(std::string_view text) noexcept;

// `text` on one line. Line ends and tabs, U+2028 and U+2029 among them, become blanks; other control characters (C0,
// DEL, C1), the characters that direct the order of letters (Unicode's Bidi_Control) and bytes that are not UTF-8
// become '?'. Idempotent.
std::string tame(std::string_view text);

} // namespace ferry::core
