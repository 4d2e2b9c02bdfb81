// Lines for the reader, on standard error. [any-thread]
#pragma once

#include "core/base/error.h"

#include <string>
#include <string_view>

namespace ferry::cli {

// As it stands, in one piece: what several threads print does not mix, and a frame is never seen half drawn.
void print_error_output(std::string_view text);

void show_line(const std::string &line);

// What did not stop the command, on one line whatever is in it.
std::string warning_text(std::string_view text);
void show_warning(std::string_view text);

// What failed, then what can be done: a line each, whatever is in them.
std::string error_text(const core::Error &error);

} // namespace ferry::cli
