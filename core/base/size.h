// Sizes as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace ferry::core {

// 734 B, 1.2 MiB: in units of 1024 and, from KiB on, with one digit behind the point; the same in every language.
std::string human_size(std::uint64_t bytes);

} // namespace ferry::core
