// The user and the password of the command line.
#pragma once

#include "cli/line/values.h"
#include "core/registry/mirrors.h"

#include <stop_token>

namespace ferry::cli {

// -u, with the password from standard input (--password-stdin), from FERRY_PASSWORD, or typed at the terminal. Empty
// without -u. Throws core::Error: usage where there is no password, interrupted on a stop.
core::Credentials credentials(const Values &values, const std::stop_token &stop);

} // namespace ferry::cli
