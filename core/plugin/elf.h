// Sections of shared libraries for Linux (System V gABI, chapter 4: ELF, 64 bits, little-endian), read without loading
// them and on any system. Reads a bounded part of the file and trusts none of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ferry::core {

struct ElfSection {
    enum class Outcome {
        found,
        absent,
        not_elf,
        foreign,     // 32 bits, big-endian, or no shared library
        no_sections, // no usable section table
        damaged,     // cut short, or its table leads astray
        bad_size     // of the section: empty, larger than the most, or not in the file
    };
    Outcome outcome = Outcome::absent;
    std::string bytes; // where found
};

// `read` gives so many bytes at an offset, all within `file_size`; what it throws passes through.
ElfSection find_elf_section(std::uint64_t file_size,
                            const std::function<std::string(std::uint64_t offset, std::uint64_t size)> &read,
                            std::string_view name, std::uint64_t most);

} // namespace ferry::core
