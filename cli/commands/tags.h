// `ferry tags`: the tags of a repository.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command tags_command();

} // namespace ferry::cli
