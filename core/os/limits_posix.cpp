#include "core/os/limits.h"

#include <algorithm>
#include <sys/resource.h>

namespace ferry::core {

std::size_t most_open_files(bool raise) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (raise && limit.rlim_cur < limit.rlim_max) {
        rlimit wanted = limit;
        wanted.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1 << 20);
        if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
    }
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

} // namespace ferry::core
