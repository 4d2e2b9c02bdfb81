#include "core/os/file_descriptor_posix.h"

#include <cerrno>

namespace ferry::core {

void FileDescriptor::close() noexcept {
    if (number_ < 0) return;
    const int before = errno;
    ::close(std::exchange(number_, -1));
    errno = before;
}

} // namespace ferry::core
