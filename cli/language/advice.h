// How this program words the advice of core and plugins (<ferry/advice.hpp>): with its options and commands.
#pragma once

#include <string_view>

namespace ferry::cli {

// The English format for a piece of advice, to be translated as any text; empty for an unknown id. It has the
// placeholders of the neutral words.
std::string_view wording(std::string_view id) noexcept;

} // namespace ferry::cli
