// ferry/kit/ascii.hpp: text as protocols compare and split it: ASCII, whatever the locale is. Header only.
//
// Bytes from 0x80 on are never letters. All functions are pure. [any-thread]
#ifndef FERRY_KIT_ASCII_HPP
#define FERRY_KIT_ASCII_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::kit {

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
constexpr char lower(char c) noexcept {
    return is_upper(c) ? static_cast<char>(c + 32) : c;
}
constexpr bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

// A character of an HTTP token, such as a field's name (RFC 9110 section 5.6.2)?
constexpr bool is_token(char c) noexcept {
    return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
constexpr bool is_token(std::string_view text) noexcept {
    for (const char c : text)
        if (!is_token(c)) return false;
    return !text.empty();
}

inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out) c = lower(c);
    return out;
}

// The members of that name that C++20 gives string_view.
constexpr bool starts_with(std::string_view text, std::string_view begin) noexcept {
    return text.substr(0, begin.size()) == begin;
}
constexpr bool ends_with(std::string_view text, std::string_view end) noexcept {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Without the characters of `blanks` at both ends; by default those that HTTP takes for blanks (RFC 9110
// section 5.6.3).
constexpr std::string_view trim(std::string_view text, std::string_view blanks = " \t") noexcept {
    while (!text.empty() && blanks.find(text.front()) != text.npos) text.remove_prefix(1);
    while (!text.empty() && blanks.find(text.back()) != text.npos) text.remove_suffix(1);
    return text;
}

// The parts between the characters of `separators`, empty ones included: n separators make n + 1 parts. They are views
// into `text`.
inline std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// The parts that are not empty.
inline std::vector<std::string_view> words(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts = split(text, separators);
    parts.erase(std::remove(parts.begin(), parts.end(), std::string_view()), parts.end());
    return parts;
}

} // namespace ferry::kit

#endif
