#include "core/os/standard_streams_posix.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>

namespace ferry::core {

namespace {

bool no_output = false;

} // namespace

void hold_standard_streams() {
    for (const Standard stream : {Standard::input, Standard::output, Standard::error}) {
        const int number = descriptor_of(stream);
        if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
        if (stream == Standard::output) no_output = true;
        // The lowest number that is free is this one. O_PATH can neither be read nor written, and needs no /dev.
        if (::open("/", O_PATH) != number) ::_exit(1);
    }
}

bool output_closed() noexcept {
    return no_output;
}

std::error_code write_all(Standard to, const void *data, std::size_t size) {
    const char *bytes = static_cast<const char *>(data);
    const int number = descriptor_of(to);
    do {
        const ssize_t done = ::write(number, bytes, size);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && errno == EAGAIN) {
            pollfd ready{number, POLLOUT, 0};
            ::poll(&ready, 1, -1);
            continue;
        }
        if (done < 0 || (done == 0 && size)) return {done < 0 ? errno : EIO, std::generic_category()};
        bytes += done;
        size -= static_cast<std::size_t>(done);
    } while (size);
    return {};
}

} // namespace ferry::core
