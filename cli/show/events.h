// What happens, as JSON lines on standard error. docs/json.md and docs/events.schema.json describe them.
#pragma once

#include "cli/show/display.h"

#include <memory>

namespace ferry::cli {

std::unique_ptr<Display> make_events();

// The last event of a command that failed.
void print_error_event(const core::Error &error);

} // namespace ferry::cli
