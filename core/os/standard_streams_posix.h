#pragma once

#include "core/os/standard_streams.h"

#include <unistd.h>

namespace ferry::core {

constexpr int descriptor_of(Standard stream) noexcept {
    return stream == Standard::input ? STDIN_FILENO : stream == Standard::output ? STDOUT_FILENO : STDERR_FILENO;
}

} // namespace ferry::core
