// The man page, made from the table of options. Pure but for the language.
#pragma once

#include "cli/line/options.h"

#include <string>

namespace ferry::cli {

// ferry.1 in man(7), in the language that is spoken.
std::string man_page(const Program &program, const std::string &version);

} // namespace ferry::cli
