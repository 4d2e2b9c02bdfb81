// Failures that neither a peer nor a file nor the user made, as an Error: a fault of ferry, or a machine that has no
// more memory or threads.
#pragma once

#include "core/base/error.h"

namespace ferry::core {

// Something that cannot happen did: Error(other), whose remedy asks to report it.
Error fault_of_ferry(Text what);

// The machine, or a limit set for this process, allows no more memory or threads: Error(other).
Error shortage(Text what);

// To be called in a catch block: what was thrown, as an Error. A lack of memory or threads becomes shortage(), what is
// of no known type a fault of ferry.
Error current_error();

// Is it a shortage? The same command may succeed later.
bool lacks_resources(const Error &error) noexcept;

} // namespace ferry::core
