#include "core/base/checksum.h"

#include <isa-l/crc.h>

namespace ferry::core {

std::uint32_t crc32(std::uint32_t crc, const void *data, std::size_t size) noexcept {
    return crc32_gzip_refl(crc, static_cast<const unsigned char *>(data), size);
}

} // namespace ferry::core
