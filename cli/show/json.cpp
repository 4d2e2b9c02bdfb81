#include "cli/show/json.h"

#include <ferry/kit/dates.hpp>

namespace ferry::cli {

kit::JsonWriter &write_known(kit::JsonWriter &out, std::int64_t value) {
    return value < 0 ? out.null() : out.integer(value);
}

kit::JsonWriter &write_date(kit::JsonWriter &out, std::int64_t seconds) {
    return seconds ? out.string(kit::rfc3339(seconds)) : out.null();
}

kit::JsonWriter &write_strings(kit::JsonWriter &out, const std::vector<std::string> &texts) {
    out.begin_array();
    for (const std::string &text : texts) out.string(text);
    return out.end_array();
}

} // namespace ferry::cli
