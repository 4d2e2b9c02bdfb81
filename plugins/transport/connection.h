// One HTTP/1.1 connection over a Wire: Poco's session for buffered reading and for bodies straight into the caller's
// buffer, without its streams (which turn errors into ends) and without its reconnecting.
#pragma once

#include "transport/head.h"
#include "transport/wire.h"

#include <Poco/Net/HTTPSession.h>

namespace ferry::net {

class Connection final : public Poco::Net::HTTPSession {
public:
    explicit Connection(Poco::AutoPtr<Wire> wire);

    Wire &wire() noexcept { return *wire_; }
    const Text &peer() const noexcept { return wire_->peer(); }
    bool cut() const noexcept { return wire_->cut(); }

    void send(std::string_view bytes, const Patience &patience);
    // Up to `capacity` bytes; 0 at the end of the connection.
    std::size_t read_some(char *buffer, std::size_t capacity, const Patience &patience);
    // A line without CRLF or LF. Throws FERRY_E_NETWORK at the end of the connection, FERRY_E_PROTOCOL when the line is
    // longer than `limit`.
    std::string read_line(std::size_t limit, const Patience &patience);
    // The final response's head; interim ones are skipped.
    Head receive_head(const Patience &patience);

    // Has a byte come since the last forget()? Without one a request on a reused connection may be sent again.
    bool answered() const noexcept { return answered_; }
    void forget() noexcept { answered_ = false; }
    bool drained() const { return buffered() == 0; }

private:
    // Waits for the first byte of an answer.
    void refuse_tls(const Patience &patience);

    Poco::AutoPtr<Wire> wire_;
    bool answered_ = false;
};

} // namespace ferry::net
