// TLS 1.2 and later for the server: certificates, and connections that never wait. The only place of the program with
// OpenSSL's TLS; Poco's NetSSL cannot tell a socket that would block from a handshake that failed.
#pragma once

#include "cli/serve/stream.h"

#include <memory>
#include <string>

namespace ferry::cli {

struct TlsFiles {
    std::string certificate; // PEM, the server's first, then what it was issued by
    std::string key;         // PEM, without a password
};

class Tls {
public:
    // Throws core::Error(usage) when the files cannot be used.
    explicit Tls(const TlsFiles &files);
    ~Tls();
    Tls(const Tls &) = delete;
    Tls &operator=(const Tls &) = delete;

    // Both must outlive the stream. The thread must have called ignore_broken_pipes(). [any-thread]
    std::unique_ptr<Stream> stream(const Socket &socket) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace ferry::cli
