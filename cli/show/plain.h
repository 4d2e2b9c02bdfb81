// Displays that do not move the cursor.
#pragma once

#include "cli/show/display.h"

#include <memory>

namespace ferry::cli {

// For pipelines and files: what happened, and every tenth of a transfer that takes a while.
std::unique_ptr<Display> make_plain();

// Nothing but warnings, failures and the lines that it is given.
std::unique_ptr<Display> make_silent();

} // namespace ferry::cli
