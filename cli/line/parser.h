// Reads a command line by the table of options: flags over FERRY_* variables over the settings file over defaults.
#pragma once

#include "cli/line/values.h"

#include <string>
#include <vector>

namespace ferry::cli {

// `arguments` without the names of the program and the command. Throws core::Error(usage), with the nearest right word
// where one was mistyped. With --help and --version nothing but the form of the options is checked, and no settings are
// read.
Values parse(const Program &program, const Command &command, const std::vector<std::string> &arguments);

// The command that a first word was probably meant to be, where it is none: "plugns" -> "plugins". Or empty. Pure.
std::string mistyped_command(const Program &program, const std::string &word);

} // namespace ferry::cli
