// A line a layer and a total, redrawn in place at most ten times a second.
#pragma once

#include "cli/show/display.h"

#include <memory>

namespace ferry::cli {

// Draws from a thread of its own while a transfer is under way. The size of the terminal is asked for before each
// frame, which serves as well as SIGWINCH would and needs no handler.
std::unique_ptr<Display> make_bars(bool color);

} // namespace ferry::cli
