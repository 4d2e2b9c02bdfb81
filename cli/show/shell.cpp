#include "cli/show/shell.h"

#include <algorithm>
#include <cctype>

namespace ferry::cli {

std::string single_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string shell_word(std::string_view text) {
    constexpr std::string_view plain = "_@%+=:,./-";
    const bool itself = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x80 || std::isalnum(byte) || plain.find(c) != plain.npos;
    });
    return itself ? std::string(text) : single_quoted(text);
}

} // namespace ferry::cli
