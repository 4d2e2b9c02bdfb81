// The form that values must have, and what they become. Pure.
//
// `where` names the place of a value for the user: the option, its variable, or the file and the key. `help` is the
// remedy (see_help()). All throw core::Error(usage).
#pragma once

#include "cli/line/options.h"

#include <ferry/text.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::cli {

// What a place (the line, a variable, the settings file) gives for an option, made uniform: flags are "true" or
// "false", lists are taken apart. `texts` is not empty; the result is, for a list of separators alone.
std::vector<std::string> checked_values(const Option &option, std::vector<std::string> texts, const std::string &where,
                                        const Text &help);

// An operand that can be only one of some words.
void check_word(const Command &command, const Operand &operand, const std::string &word, const Text &help);

// 2G, 512M, 64K or plain bytes; K is 1024.
std::uint64_t parse_size(const std::string &where, const std::string &text);

} // namespace ferry::cli
