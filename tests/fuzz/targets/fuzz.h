// What the fuzz targets share. A target is LLVMFuzzerTestOneInput over one reader of bytes that come from outside. It
// states what must hold of everything that was accepted, so that a wrong answer is a finding, and not only a crash.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ferry::fuzz {

[[noreturn]] inline void broken(const char *claim, const char *file, int line) {
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t *data, std::size_t size) {
    return {reinterpret_cast<const char *>(data), size};
}

// What stands before the next `end`, which is taken off `rest` with it; all of it where there is none.
inline std::string_view take_until(std::string_view &rest, std::string_view end) {
    const auto found = std::min(rest.find(end), rest.size());
    const std::string_view part = rest.substr(0, found);
    rest.remove_prefix(std::min(found + end.size(), rest.size()));
    return part;
}

} // namespace ferry::fuzz

#define HOLDS(claim) ((claim) ? void() : ::ferry::fuzz::broken(#claim, __FILE__, __LINE__))
