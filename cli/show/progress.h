// Shows a pull on standard error: bars on a terminal, plain lines elsewhere, or events as JSON lines (docs/json.md).
// Implements core's Observer; this room alone prints.
#pragma once

#include "cli/show/board.h"
#include "core/base/error.h"
#include "core/transfer/events.h"

#include <memory>
#include <string>
#include <string_view>

namespace ferry::cli {

class Display : public core::Observer {
public:
    // A line for the reader that is not torn by bars; as an event it does not exist. [any-thread]
    virtual void line(const std::string &text) = 0;
    // What did not stop the pull. [any-thread]
    virtual void warning(std::string_view text);
    // What one image of several failed with, while the others go on. [any-thread]
    virtual void failure(const core::Error &error);
};

enum class DisplayKind { none, plain, bars, events };

// What the surroundings say: bars are for a person at a terminal that can move its cursor.
struct Surroundings {
    bool terminal = false; // standard error is one
    std::string term;      // $TERM
    std::string ci;        // $CI
    std::string no_color;  // $NO_COLOR: when it is not empty, no colours
};
Surroundings surroundings();

// Pure. `quiet` and `plain` are wishes of the user, and win.
DisplayKind display_kind(bool json, bool quiet, bool plain, const Surroundings &around);

std::unique_ptr<Display> make_display(DisplayKind kind, bool color);

// A line for the reader, on standard error.
void show_line(const std::string &line);

// What failed, then what can be done: a line each, whatever is in them.
std::string error_text(const core::Error &error);

// Prints an error for the user, as text (what failed, then what can be done) or as an event. Returns the exit code.
int report(const core::Error &error, bool as_event);

} // namespace ferry::cli
