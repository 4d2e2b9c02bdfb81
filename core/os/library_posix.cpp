#include "core/os/library.h"

#include <dlfcn.h>

namespace ferry::core {

const char *const library_suffix = ".so";

unsigned stay_loaded_mode() noexcept {
    return RTLD_NODELETE;
}

std::string take_load_error() {
    const char *reason = ::dlerror();
    return reason ? reason : "";
}

} // namespace ferry::core
