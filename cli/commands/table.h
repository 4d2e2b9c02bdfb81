// The one table of ferry's commands. The parser, --help, the man pages, the completions of the shells and main's
// dispatch are all made from it.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

const Program &program();

} // namespace ferry::cli
