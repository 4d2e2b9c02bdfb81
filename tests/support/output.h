// Programs of the machine, asked by a test.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace ferry::test {

// What a command of the shell writes to its standard output. Throws std::runtime_error when it fails.
inline std::string output_of(const std::string &command) {
    std::FILE *pipe = ::popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("cannot run " + command);
    std::string out;
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
    if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed: " + out);
    return out;
}

} // namespace ferry::test
