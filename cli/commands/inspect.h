// `ferry inspect`: what an image is, without a download.
#pragma once

#include "cli/line/options.h"

namespace ferry::cli {

Command inspect_command();

} // namespace ferry::cli
