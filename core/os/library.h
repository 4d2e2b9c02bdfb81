// What shared libraries are called here, and how they stay loaded: beside Boost.DLL, which loads them.
#pragma once

#include <string>

namespace ferry::core {

// ".so" and the like.
extern const char *const library_suffix;

// Bits for the loader's mode with which a library is never unloaded; 0 where there are none, and the caller must keep
// its handle.
unsigned stay_loaded_mode() noexcept;

// Why the latest load of this thread failed, in the system's words, which are then forgotten; empty when it has none.
std::string take_load_error();

} // namespace ferry::core
