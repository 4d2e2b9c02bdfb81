#include "transport/connection.h"

#include <ferry/text.hpp>

#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <limits>

namespace ferry::net {

namespace {

// Opens the constructor that Poco keeps for socket types of its own.
class Attached final : public Poco::Net::StreamSocket {
public:
    explicit Attached(Poco::AutoPtr<Wire> wire) : StreamSocket(wire.duplicate()) {}
};

constexpr int interim_limit = 16;

} // namespace

Connection::Connection(Poco::AutoPtr<Wire> wire) : HTTPSession(Attached(wire)), wire_(std::move(wire)) {}

void Connection::send(std::string_view bytes, const Patience &patience) {
    const Wire::Turn turn(*wire_, patience);
    constexpr std::size_t piece = 1 << 20;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
        write(bytes.data(), static_cast<std::streamsize>(std::min(piece, bytes.size())));
}

std::size_t Connection::read_some(char *buffer, std::size_t capacity, const Patience &patience) {
    const Wire::Turn turn(*wire_, patience);
    capacity = std::min<std::size_t>(capacity, std::numeric_limits<int>::max());
    const int got = read(buffer, static_cast<std::streamsize>(capacity));
    answered_ |= got > 0;
    return static_cast<std::size_t>(got);
}

std::string Connection::read_line(std::size_t limit, const Patience &patience) {
    const Wire::Turn turn(*wire_, patience);
    std::string line;
    for (;;) {
        if (buffered() == 0) refill();
        if (buffered() == 0) throw Error(FERRY_E_NETWORK, say("{} closed the connection", peer())).retryable();
        answered_ = true;
        // By read(): get() gives a char, in which byte 255 is the end of the stream.
        char c = 0;
        read(&c, 1);
        if (c == '\n') {
            if (line.ends_with('\r')) line.pop_back();
            return line;
        }
        if (line.size() == limit + 1)
            throw Error(FERRY_E_PROTOCOL, say("{} sent a line of more than {} bytes", peer(), limit));
        line += c;
    }
}

Head Connection::receive_head(const Patience &patience) {
    refuse_tls(patience);
    const Patience hurry = patience.hurried(later("{}: timed out waiting for the rest of the answer's head"));
    for (int interim = 0; interim <= interim_limit; ++interim) {
        Head head = read_head([&](std::size_t limit) { return read_line(limit, hurry); }, peer());
        if (head.status == 101) throw Error(FERRY_E_PROTOCOL, say("{} switched protocols without being asked", peer()));
        if (head.status >= 200) return head;
    }
    throw Error(FERRY_E_PROTOCOL, say("{} sent interim answers without end", peer()));
}

void Connection::refuse_tls(const Patience &patience) {
    // A TLS server answers plain text with an alert, which holds no line end (RFC 8446 section 5.1: type 21).
    constexpr int alert = 21;
    const Wire::Turn turn(*wire_, patience);
    if (peek() == alert)
        throw Error(FERRY_E_TLS,
                    say("{} speaks TLS on that port; use https:// for it, or no http:// before its name", peer()));
}

} // namespace ferry::net
