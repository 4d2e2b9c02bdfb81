// The strings of a JSON document where they stand: `quoted` begins with the quote of a well-formed one, and may go on
// behind it. All functions are pure.
#pragma once

#include <string>
#include <string_view>

namespace ferry::kit {

std::string json_decoded(std::string_view quoted); // valid UTF-8
// Does Go take the string, a member's name, for that field (same_field)?
bool is_json_field(std::string_view field, std::string_view quoted);
// Is it that text, to the letter?
bool is_json_entry(std::string_view name, std::string_view quoted);

} // namespace ferry::kit
