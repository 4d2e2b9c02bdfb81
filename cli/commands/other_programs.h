// Lines that were typed as for another program. Pure but for the language.
#pragma once

#include "core/base/error.h"

#include <optional>
#include <string>
#include <vector>

namespace ferry::cli {

// What `ferry docker pull nginx` or `ferry login` is answered with. Nothing where the line is none of these; an image
// of such a name is pulled by `ferry pull NAME`.
std::optional<core::Error> other_program(const std::vector<std::string> &arguments);

} // namespace ferry::cli
