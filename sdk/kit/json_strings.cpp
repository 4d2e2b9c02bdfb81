#include "json_strings.hpp"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/utf8.hpp>

#include <charconv>

namespace ferry::kit {

namespace {

// Decodes well-formed strings of a document, character by character: `use` gets pieces of valid UTF-8 and returns
// whether it wants more.
template <class Use> void decode(std::string_view text, const Use &use) {
    const auto hex4 = [&text](std::size_t at) {
        unsigned value = 0;
        std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
        return char32_t(value);
    };
    std::string piece;
    for (std::size_t at = 1; text[at] != '"';) {
        std::size_t plain = at;
        while (text[plain] != '"' && text[plain] != '\\' && static_cast<unsigned char>(text[plain]) < 0x80) ++plain;
        if (plain > at) {
            if (!use(text.substr(at, plain - at))) return;
            at = plain;
            continue;
        }
        piece.clear();
        if (text[at] != '\\') {
            const std::size_t length = utf8_length(text.substr(at));
            if (length) {
                piece = text.substr(at, length);
            } else {
                append_utf8(piece, replacement_character);
            }
            at += length ? length : 1;
        } else if (const char c = text[at + 1]; c == 'u') {
            char32_t unit = hex4(at + 2);
            at += 6;
            if (unit >= 0xD800 && unit < 0xE000) {
                const char32_t low = text.substr(at, 2) == "\\u" ? hex4(at + 2) : 0;
                if (unit < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    at += 6;
                } else {
                    unit = replacement_character;
                }
            }
            append_utf8(piece, unit);
        } else {
            static constexpr std::string_view letters = "bfnrt", meant = "\b\f\n\r\t";
            const std::size_t letter = letters.find(c);
            piece = letter == letters.npos ? c : meant[letter];
            at += 2;
        }
        if (!use(piece)) return;
    }
}

// Takes `name` off the front of the field as far as it folds to the same.
bool take_folded(std::string_view &field, std::string_view name) noexcept {
    while (!name.empty()) {
        char c = lower(name[0]);
        std::size_t length = 1;
        if (name.substr(0, 2) == "\xC5\xBF") {
            c = 's';
            length = 2;
        } else if (name.substr(0, 3) == "\xE2\x84\xAA") {
            c = 'k';
            length = 3;
        }
        if (field.empty() || lower(field[0]) != c) return false;
        field.remove_prefix(1);
        name.remove_prefix(length);
    }
    return true;
}

} // namespace

std::string json_decoded(std::string_view text) {
    std::string out;
    decode(text, [&out](std::string_view piece) {
        out += piece;
        return true;
    });
    return out;
}

bool is_json_field(std::string_view field, std::string_view quoted) {
    bool same = true;
    decode(quoted, [&](std::string_view piece) { return same = take_folded(field, piece); });
    return same && field.empty();
}

bool is_json_entry(std::string_view name, std::string_view quoted) {
    bool same = true;
    decode(quoted, [&](std::string_view piece) {
        same = name.substr(0, piece.size()) == piece;
        name.remove_prefix(same ? piece.size() : 0);
        return same;
    });
    return same && name.empty();
}

bool same_field(std::string_view field, std::string_view name) noexcept {
    return take_folded(field, name) && field.empty();
}

} // namespace ferry::kit
