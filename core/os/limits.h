// What the system lets this process have.
#pragma once

#include <cstddef>

namespace ferry::core {

// How many files and sockets it may have open at once. `raise`: it is given as many as the system allows.
std::size_t most_open_files(bool raise);

} // namespace ferry::core
