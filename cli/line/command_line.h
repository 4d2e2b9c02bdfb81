// Takes the words of a command line apart by the table of options, as getopt_long(3) of GNU does: --name VALUE,
// --name=VALUE, -n VALUE, -nVALUE, flags in a group (-abc), and -- before words that are operands whatever they look
// like. Options and operands may be mixed. What the values mean is not looked at. Pure.
#pragma once

#include "cli/line/options.h"

#include <ferry/text.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ferry::cli {

struct CommandLine {
    struct Given {
        const Option *option;             // of the table
        std::optional<std::string> value; // nothing: a flag alone
    };
    std::vector<Given> options; // as often as they were typed, in their order
    std::vector<std::string> operands;
};

// `arguments` without the names of the program and the command. Throws core::Error(usage) for an option that the
// command does not have, with the nearest one that it has, and for a value that is missing.
CommandLine split_command_line(const Program &program, const Command &command,
                               const std::vector<std::string> &arguments);

// The value of an option that counts before all is parsed (--lang, --config): the last one on the line, or empty.
std::string early_value(const std::vector<std::string> &arguments, const std::string &long_option);

// "`ferry tags --help` shows all options": the remedy of what is mistyped.
Text see_help(const Program &program, const Command &command);

} // namespace ferry::cli
