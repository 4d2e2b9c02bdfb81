// How wide a text is on a terminal, by the tables of Unicode (utf8proc): Chinese, Japanese and Korean characters and
// emoji are two columns wide, combining and control characters none. Texts are UTF-8; a byte that is none counts as one
// column. Pure, and the same in every locale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry::cli {

int width_of(std::string_view text);
// As much of the text as fits into so many columns; what is seen as one character is never cut apart.
std::string cut(std::string_view text, int columns);
// Cut, then filled with blanks to exactly so many columns.
std::string padded(std::string_view text, int columns);
// The same, with the blanks before it.
std::string right_aligned(std::string_view text, int columns);
// Lines of at most so many columns, broken at blanks and between wide characters, and never before 。，：；！？）」.
std::vector<std::string> wrapped(std::string_view text, int columns);

} // namespace ferry::cli
