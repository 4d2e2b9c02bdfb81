#include "cli/commands/version.h"

#include "cli/show/output.h"

#include <ferry/base.h>

#ifndef FERRY_VERSION
#error "the build defines FERRY_VERSION"
#endif

namespace ferry::cli {

int print_version() {
    print_line("ferry " FERRY_VERSION " (plugin interface " + std::to_string(FERRY_ABI_MAJOR) + "." +
               std::to_string(FERRY_ABI_MINOR) + ")");
    return 0;
}

} // namespace ferry::cli
