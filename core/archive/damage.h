// How an archive that is not whole, or cannot be trusted, is refused.
#pragma once

#include <ferry/text.hpp>

#include <string>

namespace ferry::core {

// The remedy for what was damaged on its way.
Text copy_again();

// Throws Error(integrity) that names the file and says why.
[[noreturn]] void refuse_damaged(const std::string &file, const Text &why);

} // namespace ferry::core
