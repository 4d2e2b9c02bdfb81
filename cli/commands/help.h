// `ferry help`, and --help of every command.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

// Prints the options of a command, as wide as the terminal. Returns the exit code.
int print_help(const Program &program, const Command &command);

// `names`: of the commands that it can tell of.
Command help_command(std::vector<const char *> names);

} // namespace ferry::cli
