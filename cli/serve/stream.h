// One connection's bytes, without ever waiting: plain TCP, or TLS on top of it. [one-thread]
#pragma once

#include "core/os/file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ferry::cli {

enum class Io {
    done,        // and `bytes` of them
    wants_read,  // when the other side has sent something
    wants_write, // when the other side has taken something
    foreign,     // TLS: the other side does not speak it
    ended        // closed or broken
};
struct Moved {
    Io io = Io::ended;
    std::size_t bytes = 0; // at least one where `io` is done
};

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

// A socket, which it takes over, and closes. Nonblocking from then on.
class Socket {
public:
    explicit Socket(int number);
    ~Socket();
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    int number() const noexcept { return number_; }
    // Wakes whoever waits for it, and ends both directions. [any-thread]
    void cut() const noexcept;
    // Closing will drop what the other side has not taken.
    void drop_rest() const noexcept;

    Moved read(void *data, std::size_t size) const;
    // The next byte stays where it is.
    Moved peek(unsigned char &byte) const;
    Moved write(const void *data, std::size_t size, bool more) const;
    Moved send_file(int file, std::uint64_t offset, std::uint64_t size) const;
    void end_output() const noexcept;

private:
    int number_;
};

// The next connection at a socket that listens, or -1; `code` is errno then. `address` is that of the client.
int accept_from(int listener, std::string &address, int &code);
// The calling thread is not killed when a peer closes while it is written to.
void ignore_broken_pipes();
// How many files this process may have open. `raise`: as many as the system lets it have.
std::size_t most_open_files(bool raise);

// The socket must outlive the stream.
std::unique_ptr<Stream> plain_stream(const Socket &socket);

} // namespace ferry::cli
