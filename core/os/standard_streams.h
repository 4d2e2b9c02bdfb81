// Standard input, output and error.
#pragma once

#include <cstddef>
#include <system_error>

namespace ferry::core {

enum class Standard { input, output, error };

// Takes the places of those that are closed, so that no file that is opened later gets one of them, and with it what
// is printed. Reading and writing there fail as before. To be called before anything is opened.
void hold_standard_streams();
// Was standard output closed when the program started?
bool output_closed() noexcept;

// Writes all of it, waiting where somebody who shares the stream made it non-blocking. With a size of 0, tells whether
// it can be written to.
std::error_code write_all(Standard to, const void *data, std::size_t size);

} // namespace ferry::core
