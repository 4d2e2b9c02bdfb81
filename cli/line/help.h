// The text of --help, made from the table of options. Pure but for the language.
#pragma once

#include "cli/line/options.h"

#include <string>

namespace ferry::cli {

// Lines of at most so many columns.
std::string help_text(const Program &program, const Command &command, int columns);

// What the help says of an option: its text, default, variable and whether it may be repeated.
std::string description_of(const Option &option);

} // namespace ferry::cli
