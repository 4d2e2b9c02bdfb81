// Durations as people read them. Pure.
#pragma once

#include <string>

namespace ferry::cli {

// 12s, 3m05s, 2h10m
std::string human_time(double seconds);

} // namespace ferry::cli
