// What the JSON of several results has in common. Each writes one value, and returns the writer.
#pragma once

#include <ferry/kit/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::cli {

// A number that is not told (-1) is null.
kit::JsonWriter &write_known(kit::JsonWriter &out, std::int64_t value);
// Seconds since 1970 in RFC 3339; a date that is not told (0) is null.
kit::JsonWriter &write_date(kit::JsonWriter &out, std::int64_t seconds);
kit::JsonWriter &write_strings(kit::JsonWriter &out, const std::vector<std::string> &texts);

} // namespace ferry::cli
