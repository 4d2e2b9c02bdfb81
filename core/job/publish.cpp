#include "core/job/publish.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <vector>

namespace ferry::core {

void hand_out(const Operation &operation, File &file, std::uint64_t size,
              const std::function<void(const void *, std::size_t)> &take) {
    std::vector<char> buffer(256 << 10);
    for (std::uint64_t at = 0; at < size;) {
        operation.throw_if_cancelled();
        const std::size_t got = file.read_at(at, buffer.data(), std::min<std::uint64_t>(buffer.size(), size - at));
        if (got == 0) throw Error(Kind::disk, say("{} is shorter than it was written", file.path()));
        try {
            take(buffer.data(), got);
        } catch (const Error &) {
            operation.throw_if_cancelled(); // Ctrl-C ends the reader as well
            throw;
        }
        at += got;
    }
}

} // namespace ferry::core
