// What the progress display shows, as a pure function: the state of a transfer -> lines for a terminal of some size.
#pragma once

#include "core/transfer/events.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::cli {

struct LayerRow {
    core::BlobInfo info;
    core::BlobState state = core::BlobState::waiting;
    std::uint64_t done = 0;  // bytes
    bool resumed = false;    // some of them from an earlier run
    std::string reason = {}; // why it is tried again
    double rate = 0;         // bytes a second, of late
};

struct LayerTable {
    std::vector<LayerRow> rows;
    std::uint64_t total = 0, done = 0; // bytes
    double rate = 0;                   // bytes a second, of late
};

struct Canvas {
    int columns = 80;
    int rows = 24;
    bool color = false;
};

// A line a layer, then the total. Each is at most columns - 1 wide, since a full line would make some terminals wrap.
// Where not all layers fit, those that are done give way, then those that wait, and one line counts the hidden ones.
// Colour takes no columns. Texts of others are tamed (core::tame()).
std::vector<std::string> draw(const LayerTable &table, const Canvas &canvas);

// What the state of a layer is called.
std::string state_word(const LayerRow &row);

// How many rows of the screen lines of such widths take, after a terminal has become so narrow that they wrap.
int rows_taken(const std::vector<int> &widths, int columns);

} // namespace ferry::cli
