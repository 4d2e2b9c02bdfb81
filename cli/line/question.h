// Questions to the person at the terminal.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

namespace ferry::cli {

// Is there a person to answer: standard input and standard error are a terminal.
bool can_ask();

// A line typed after a question on standard error. Nothing at the end of the input, or when the stop was requested.
std::optional<std::string> read_answer(const std::string &question, const std::stop_token &stop);

// A line typed on the terminal without being shown; empty when there is no terminal, or when the stop was requested.
std::string read_hidden(const std::string &prompt, const std::stop_token &stop = {});

} // namespace ferry::cli
