// Tar headers (POSIX.1-1988 ustar; pax extended headers of POSIX.1-2001 where a path does not fit).
//
// Sizes of 8 GiB and more are written in base-256 (the GNU form, which every reader of archives knows), so that a
// header's length never depends on the size, which is known late for unpacked layers. uid and gid are 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferry::core {

constexpr std::size_t tar_block = 512;
constexpr std::int64_t most_tar_date = (std::int64_t(1) << 33) - 1; // seconds; 11 octal digits

enum class TarType : char { file = '0', symlink = '2', directory = '5' };

// The header block or blocks of one member. `path` and `target` of any length. Throws Error(plugin) on a number that
// has no place in a header.
std::string tar_header(TarType type, std::string_view path, std::uint64_t size, std::uint32_t mode, std::int64_t mtime,
                       std::string_view target = {});

// The bytes of zero behind `size` bytes of content.
constexpr std::uint64_t tar_padding(std::uint64_t size) {
    return (tar_block - size % tar_block) % tar_block;
}

// The two zero blocks at the end of an archive.
constexpr std::uint64_t tar_end_size = 2 * tar_block;

} // namespace ferry::core
