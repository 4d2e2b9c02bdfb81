#include "go_json.h"

#include <ferry/kit/json.hpp>

namespace packer {
namespace {

bool digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

} // namespace

std::string go_string(std::string_view text) {
    return ferry::kit::json_quoted(text, ferry::kit::JsonEscapes::html);
}

std::optional<std::string> go_time(std::string_view text) {
    // 2006-01-02T15:04:05[.999999999](Z|+07:00)
    constexpr std::string_view form = "0000-00-00T00:00:00";
    const auto matches = [](std::string_view value, std::string_view pattern) {
        if (value.size() != pattern.size()) return false;
        for (std::size_t i = 0; i < value.size(); ++i)
            if (pattern[i] == '0' ? !digit(value[i]) : value[i] != pattern[i]) return false;
        return true;
    };
    const auto number = [&text](std::size_t at, std::size_t size) {
        int value = 0;
        for (const char c : text.substr(at, size)) value = value * 10 + (c - '0');
        return value;
    };
    if (!matches(text.substr(0, form.size()), form)) return std::nullopt;
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] + (month == 2 && leap ? 1 : 0)) return std::nullopt;
    if (number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;

    std::string out(text.substr(0, form.size()));
    std::string_view rest = text.substr(form.size());
    if (rest.size() > 1 && (rest[0] == '.' || rest[0] == ',') && digit(rest[1])) {
        std::size_t size = 1;
        while (size < rest.size() && digit(rest[size])) ++size;
        std::string fraction(rest.substr(1, size < 10 ? size - 1 : 9));
        while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
        if (!fraction.empty()) out += '.' + fraction;
        rest.remove_prefix(size);
    }
    if (rest == "Z" || rest == "+00:00" || rest == "-00:00") return out + 'Z';
    if (!matches(rest.substr(0, 1) == "-" ? rest.substr(1) : rest.substr(rest.empty() ? 0 : 1), "00:00") ||
        (rest[0] != '+' && rest[0] != '-'))
        return std::nullopt;
    return out.append(rest);
}

} // namespace packer
