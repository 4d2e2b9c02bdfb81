// A whole answer over a Connection: however its bytes are cut, the same body comes of it, and never a short one for a
// whole one. The first byte of an input says how the connection ends and how the bytes are cut; the rest is the answer.
//
// The linker gives the calls of ::recv to this file (-Wl,--wrap=recv): every cut of a stream, without a socket pair.
#include "fuzz.h"

#include "transport/body.h"
#include "transport/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

using namespace ferry;
using namespace ferry::net;

namespace {

struct Stream {
    std::string_view rest;
    std::size_t piece; // most bytes of one recv()
    bool reset;        // how it ends
    std::size_t given = 0;
};
Stream *stream = nullptr;

struct Outcome {
    int status = 0;
    std::string body;
    bool complete = false;
    bool chunked = false;
    bool delimited = false;
    std::uint64_t announced = 0;
    ferry_status failure = FERRY_OK;

    bool operator==(const Outcome &) const = default;
};

// `head_size`: how many bytes were taken before the body, which is exact for pieces of one byte.
Outcome receive(std::string_view answer, std::size_t piece, std::size_t capacity, bool reset, std::size_t &head_size) {
    Stream bytes{answer, piece, reset};
    stream = &bytes;
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); // owned by the wire
    HOLDS(fd >= 0);
    Connection connection(Poco::AutoPtr<Wire>(new Wire(os::Socket(os::Handle(fd)), os::Waker(), "peer")));
    const Op op(nullptr);
    const Patience patience{op, std::nullopt, std::nullopt, "{}: timed out"};
    Outcome out;
    try {
        const Head head = connection.receive_head(patience);
        head_size = bytes.given;
        out.status = head.status;
        Body body(head, "GET", "peer");
        out.chunked = body.chunked();
        out.delimited = body.delimited();
        out.announced = body.left();
        std::string buffer(capacity, '\0');
        while (!body.complete()) {
            const std::size_t got = body.read(connection, buffer.data(), buffer.size(), patience);
            HOLDS(got <= buffer.size() && (got > 0 || body.complete()));
            out.body.append(buffer, 0, got);
        }
        HOLDS(body.read(connection, buffer.data(), buffer.size(), patience) == 0);
        out.complete = true;
    } catch (const Error &error) {
        out.failure = error.code;
    }
    stream = nullptr;
    return out;
}

// RFC 9112 section 7.1 over bytes that are all there; nothing when no last chunk ends them.
std::optional<std::string> dechunked(std::string_view rest) {
    const auto line = [&rest]() -> std::optional<std::string_view> {
        if (rest.find('\n') == rest.npos) return std::nullopt;
        std::string_view one = fuzz::take_until(rest, "\n");
        if (one.ends_with('\r')) one.remove_suffix(1);
        return one;
    };
    std::string body;
    for (;;) {
        const auto head = line();
        if (!head) return std::nullopt;
        const auto begin = std::min(head->find_first_not_of(" \t"), head->size());
        std::string_view digits = head->substr(begin, std::min(head->find(';'), head->size()) - begin);
        while (digits.ends_with(' ') || digits.ends_with('\t')) digits.remove_suffix(1);
        if (digits.empty() || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return std::nullopt;
        while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
        if (digits.size() > 8) return std::nullopt; // more than any input has
        const std::size_t size = std::stoul(std::string(digits), nullptr, 16);
        if (size == 0) break;
        if (rest.size() < size) return std::nullopt;
        body += rest.substr(0, size);
        rest.remove_prefix(size);
        if (line() != std::string_view()) return std::nullopt;
    }
    for (;;) {
        const auto trailer = line();
        if (!trailer) return std::nullopt;
        if (trailer->empty()) return body;
    }
}

void check_frame(const Outcome &outcome, std::string_view rest, bool reset) {
    if (outcome.chunked) {
        const auto whole = dechunked(rest);
        if (outcome.complete) {
            HOLDS(whole == outcome.body);
        } else if (rest.size() <= 512 && std::count(rest.begin(), rest.end(), '\n') <= 100) { // within all limits
            HOLDS(!whole);
        }
    } else if (outcome.delimited) {
        HOLDS(outcome.complete == (rest.size() >= outcome.announced));
        HOLDS(outcome.body == rest.substr(0, static_cast<std::size_t>(outcome.announced)));
    } else if (outcome.complete) { // 204 and 304 are complete at once, and delimited
        HOLDS(!reset && outcome.body == rest);
    }
}

} // namespace

extern "C" ssize_t __wrap_recv(int, void *buffer, std::size_t capacity, int) {
    const std::size_t size = std::min({capacity, stream->piece, stream->rest.size()});
    if (size == 0 && capacity != 0 && stream->reset) {
        errno = ECONNRESET;
        return -1;
    }
    std::memcpy(buffer, stream->rest.data(), size);
    stream->rest.remove_prefix(size);
    stream->given += size;
    return static_cast<ssize_t>(size);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0) return 0;
    const bool reset = data[0] & 1;
    const std::string_view answer = fuzz::text_of(data + 1, size - 1);
    std::size_t head_size = 0, other = 0;
    const Outcome slow = receive(answer, 1, 1, reset, head_size);
    HOLDS(slow == receive(answer, SIZE_MAX, 64 << 10, reset, other));
    HOLDS(slow == receive(answer, 1 + data[0] / 2 % 16, 1 + data[0] / 32, reset, other));
    if (slow.failure != FERRY_OK)
        HOLDS(slow.failure == FERRY_E_PROTOCOL || slow.failure == FERRY_E_TRUNCATED ||
              (slow.status == 0 && (slow.failure == FERRY_E_NETWORK || slow.failure == FERRY_E_TLS)));
    if (slow.status && slow.failure != FERRY_E_PROTOCOL) check_frame(slow, answer.substr(head_size), reset);
    return 0;
}
