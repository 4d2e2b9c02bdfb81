// Shows a pull on standard error; implements core's Observer. There are bars (bars.h), plain lines (plain.h) and events
// as JSON lines (events.h); display_choice.h tells which.
#pragma once

#include "core/base/error.h"
#include "core/transfer/events.h"

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

// The line of Observer::resumed().
std::string resumed_line(std::uint64_t bytes);

} // namespace ferry::cli
