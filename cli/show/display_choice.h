// Which display a pull has.
#pragma once

#include "cli/show/display.h"

#include <memory>
#include <string>

namespace ferry::cli {

enum class DisplayKind { none, plain, bars, events };

// What the surroundings say: bars are for a person at a terminal that can move its cursor.
struct Surroundings {
    bool terminal = false; // standard error is one
    std::string term;      // $TERM
    std::string ci;        // $CI
};

// Pure. `quiet` and `plain` are wishes of the user, and win.
DisplayKind display_kind(bool json, bool quiet, bool plain, const Surroundings &around);

// The display for this process's terminal and environment. Without colours where NO_COLOR is not empty.
std::unique_ptr<Display> display_for(bool json, bool quiet, bool plain);

} // namespace ferry::cli
