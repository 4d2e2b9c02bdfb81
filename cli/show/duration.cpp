#include "cli/show/duration.h"

#include <algorithm>
#include <cstdio>

namespace ferry::cli {

std::string human_time(double seconds) {
    const auto whole = static_cast<long long>(std::min(seconds + 0.5, 1e9));
    char text[32];
    if (whole < 60)
        std::snprintf(text, sizeof text, "%llds", whole);
    else if (whole < 3600)
        std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
    else
        std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
    return text;
}

} // namespace ferry::cli
