// Shows a pull on standard error: bars on a terminal, plain lines elsewhere. Implements core's Observer; the only room
// that prints.
#pragma once

#include "core/events.h"

#include <memory>
#include <string>

namespace ferry::cli {

class Display : public core::Observer {
public:
    // A line of its own, not torn by bars. [any-thread]
    virtual void line(const std::string &text) = 0;
};

enum class DisplayKind { none, plain, bars };
std::unique_ptr<Display> make_display(DisplayKind kind);

// 734 B, 1.2 MiB
std::string human_size(std::uint64_t bytes);
// 12s, 3m05s, 2h10m
std::string human_time(double seconds);
// One line of a bar at most `columns` wide: label, bar, percentage and the text behind (pure).
std::string bar_line(const std::string &label, double part, const std::string &behind, int columns);

} // namespace ferry::cli
