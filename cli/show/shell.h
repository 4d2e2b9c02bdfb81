// Words for a shell (POSIX), so that a command that ferry prints can be copied as it stands. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ferry::cli {

// Within single quotes, whatever is in it.
std::string single_quoted(std::string_view text);
// As it is where it means itself, otherwise within single quotes.
std::string shell_word(std::string_view text);

} // namespace ferry::cli
