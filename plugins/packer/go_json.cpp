#include "go_json.h"

#include <ferry/kit/dates.hpp>

namespace packer {

std::optional<std::string> go_time(std::string_view text) {
    constexpr std::size_t whole_seconds = 19; // 2006-01-02T15:04:05
    constexpr std::size_t most_digits = 9;
    const auto date = ferry::kit::split_rfc3339(text);
    // What RFC 3339 allows and Go does not read: small letters, a space, leap seconds.
    if (!date || date->separator != 'T' || date->zone == "z" || date->local.second > 59) return std::nullopt;
    const std::string_view kept = date->fraction.substr(0, most_digits);
    const std::string_view fraction = kept.substr(0, kept.find_last_not_of('0') + 1);
    const bool utc = date->zone == "+00:00" || date->zone == "-00:00";
    return std::string(text.substr(0, whole_seconds)) + (fraction.empty() ? "" : ".") + std::string(fraction) +
           (utc ? "Z" : std::string(date->zone));
}

} // namespace packer
