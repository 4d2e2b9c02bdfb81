#include <ferry/kit/ascii.hpp>
#include <ferry/kit/percent.hpp>

namespace ferry::kit {

namespace {

int digit(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char low = lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// The byte of the escape that `text` begins with, which has a %; -1: it does not begin with one.
int escaped(std::string_view text) noexcept {
    const int high = text.size() > 2 ? digit(text[1]) : -1, low = high < 0 ? -1 : digit(text[2]);
    return low < 0 ? -1 : high * 16 + low;
}

} // namespace

std::string percent_encode(std::string_view text, std::string_view keep) {
    static const char hex[] = "0123456789ABCDEF";
    constexpr std::string_view marks = "-._~";
    std::string out;
    for (const char c : text) {
        if (is_alphanumeric(c) || marks.find(c) != marks.npos || keep.find(c) != keep.npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = text[i] == '%' ? escaped(text.substr(i)) : -1;
        out += byte < 0 ? text[i] : static_cast<char>(byte);
        if (byte >= 0) i += 2;
    }
    return out;
}

bool percent_encoded(std::string_view text) noexcept {
    for (std::size_t at = 0; (at = text.find('%', at)) != text.npos; ++at)
        if (escaped(text.substr(at)) < 0) return false;
    return true;
}

} // namespace ferry::kit
