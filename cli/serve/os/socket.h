// Connections as the system has them.
#pragma once

#include <cstddef>
#include <cstdint>
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

// A socket, which it takes over, and closes. Nonblocking from then on.
class Socket {
public:
    // What the system calls it; -1 is none.
    using Number = std::intptr_t;
    explicit Socket(Number number);
    ~Socket();
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    Number number() const noexcept { return number_; }
    // Wakes whoever waits for it, and ends both directions. [any-thread]
    void cut() const noexcept;
    // Closing will drop what the other side has not taken.
    void drop_rest() const noexcept;

    Moved read(void *data, std::size_t size) const;
    // The next byte stays where it is.
    Moved peek(unsigned char &byte) const;
    Moved write(const void *data, std::size_t size, bool more) const;
    // Bytes of a file, by File::native_handle(). Ended, too, when the file is shorter.
    Moved send_file(std::intptr_t file, std::uint64_t offset, std::uint64_t size) const;
    void end_output() const noexcept;

private:
    Number number_;
};

// What became of the next connection at a socket that listens.
struct Accepted {
    enum class Outcome {
        done,
        none,     // there is none
        lost,     // the other side gave it up: there may be others
        exhausted // the process or the system has no more sockets or memory for it
    };
    Outcome outcome = Outcome::none;
    Socket::Number number = -1; // for Socket
    std::string address;        // of the client
};
Accepted accept_from(Socket::Number listener);

} // namespace ferry::cli
