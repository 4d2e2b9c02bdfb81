// What a mistyped word was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

// Edits (a character more, less, or another, or two neighbours swapped) that make one word of the other. Bytes.
std::size_t distance(std::string_view a, std::string_view b);

// The candidate that is nearest to what was typed, in any case; the first of several. Empty when none is near enough:
// a third of the longer word may be wrong, and one character of a short one. A word that only begins like a candidate
// (with 3 characters or more) means it, too. Pure.
std::string nearest(std::string_view typed, const std::vector<std::string> &candidates);

} // namespace ferry::core
