// CRC-32 as in RFC 1952 (gzip), by isa-l: what the journal holds of each chunk.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ferry::core {

// `crc` is the checksum of the bytes before, 0 at the beginning.
std::uint32_t crc32(std::uint32_t crc, const void *data, std::size_t size) noexcept;

} // namespace ferry::core
