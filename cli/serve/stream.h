// One connection's bytes, without ever waiting: plain TCP, or TLS on top of it. [one-thread]
#pragma once

#include "cli/serve/os/socket.h"
#include "core/os/file.h"

#include <cstdint>
#include <memory>

namespace ferry::cli {

class Stream {
public:
    virtual ~Stream() = default;
    // The handshake, if there is one: done, wants_..., foreign (from then on the stream is plain) or ended.
    virtual Io begin() { return Io::done; }
    virtual Moved read(void *data, std::size_t size) = 0;
    // After wants_... the same bytes must be given again. `more`: others follow at once.
    virtual Moved write(const void *data, std::size_t size, bool more) = 0;
    // Bytes of a file. Ended, too, when the file is shorter. Throws core::Error when it cannot be read.
    virtual Moved send_file(core::File &file, std::uint64_t offset, std::uint64_t size) = 0;
    // Tells the other side that nothing follows.
    virtual void end_output() = 0;
};

// The socket must outlive the stream.
std::unique_ptr<Stream> plain_stream(const Socket &socket);

} // namespace ferry::cli
