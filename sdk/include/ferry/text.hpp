// ferry/text.hpp: texts for the user, in the user's language.
//
// say("cannot read {}: {}", path, why) looks the English format up in the message catalogue of the running program
// (gettext) and fills it. Placeholders are {} in order, or {1} {2}... where a translation needs another order; {{ is a
// brace. A text without a translation stays English, so that a plugin needs no catalogue. The program decides the
// language once, before it loads plugins; a plugin with a catalogue of its own defines FERRY_TEXT_DOMAIN before its
// first include and binds that domain. [any-thread]
#ifndef FERRY_TEXT_HPP
#define FERRY_TEXT_HPP

#include <initializer_list>
#include <libintl.h>
#include <string>
#include <string_view>
#include <type_traits>

#ifndef FERRY_TEXT_DOMAIN
#define FERRY_TEXT_DOMAIN "ferry"
#endif

namespace ferry {

// The translation of a text without placeholders; lives as long as the program.
inline const char *translated(const char *text) noexcept {
    return ::dgettext(FERRY_TEXT_DOMAIN, text);
}

// Marks a text that is translated where it is shown, not where it stands: returns it as it is.
constexpr const char *later(const char *text) noexcept {
    return text;
}

namespace detail {

inline std::string piece(std::string_view text) {
    return std::string(text);
}
template <class Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0> std::string piece(Number number) {
    return std::to_string(number);
}

// Never throws on a bad format: what cannot be filled is shown as it stands.
inline std::string fill_in(std::string_view format, std::initializer_list<std::string> pieces) {
    std::string out;
    std::size_t next = 0;
    for (std::size_t i = 0; i < format.size(); ++i) {
        const char c = format[i];
        if ((c == '{' || c == '}') && i + 1 < format.size() && format[i + 1] == c) {
            out += c;
            ++i;
            continue;
        }
        std::size_t end = i + 1, number = 0;
        while (c == '{' && end < format.size() && format[end] >= '0' && format[end] <= '9' && number < 100)
            number = number * 10 + static_cast<std::size_t>(format[end++] - '0');
        if (c != '{' || end >= format.size() || format[end] != '}') {
            out += c;
            continue;
        }
        const std::size_t index = end == i + 1 ? next++ : number - 1;
        if (index < pieces.size())
            out += pieces.begin()[index];
        else
            out.append(format.substr(i, end + 1 - i));
        i = end;
    }
    return out;
}

} // namespace detail

template <class... Parts> std::string say(const char *format, const Parts &...parts) {
    return detail::fill_in(translated(format), {detail::piece(parts)...});
}

} // namespace ferry

#endif
