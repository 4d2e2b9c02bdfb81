#include "transport/body.h"

#include "transport/connection.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace ferry::net {

namespace {

constexpr std::size_t chunk_line_limit = 4096;
constexpr std::size_t trailer_limit = 100;

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return value;
}

} // namespace

std::optional<std::uint64_t> chunk_size(std::string_view line) {
    return number(kit::trim(line.substr(0, line.find(';'))), 16);
}

std::optional<std::uint64_t> content_length(const std::vector<std::string_view> &values) {
    std::optional<std::uint64_t> agreed;
    for (std::string_view value : values) {
        for (bool more = true; more;) {
            const auto comma = value.find(',');
            more = comma != std::string_view::npos;
            const auto one = number(kit::trim(value.substr(0, comma)), 10);
            if (!one || (agreed && *agreed != *one)) return std::nullopt;
            agreed = one;
            if (more) value.remove_prefix(comma + 1);
        }
    }
    return agreed;
}

Body::Body(const Head &head, std::string_view method, const Text &peer) {
    if (method == "HEAD" || head.status == 204 || head.status == 304) {
        complete_ = true;
        return;
    }
    auto lengths = head.all("content-length");
    // An empty one announces nothing.
    if (lengths.size() == 1 && lengths.front().empty()) lengths.clear();
    const auto encodings = head.all("transfer-encoding");
    if (!encodings.empty()) {
        if (!lengths.empty())
            throw Error(FERRY_E_PROTOCOL, say("{} announced its answer's length in two ways (Content-Length and "
                                              "Transfer-Encoding), which nobody can trust",
                                              peer));
        if (encodings.size() != 1 || !Response::same_name(kit::trim(encodings[0]), "chunked"))
            throw Error(FERRY_E_PROTOCOL, say("{} used a transfer encoding that was not asked for", peer));
        framing_ = Framing::chunked;
    } else if (!lengths.empty()) {
        const auto length = content_length(lengths);
        if (!length) throw Error(FERRY_E_PROTOCOL, say("{} announced a Content-Length that is no length", peer));
        left_ = *length;
        complete_ = left_ == 0;
    } else {
        framing_ = Framing::until_close;
    }
}

std::size_t Body::read(Connection &connection, char *buffer, std::size_t capacity, const Patience &patience) {
    if (complete_ || capacity == 0) return 0;
    if (framing_ == Framing::chunked) return read_chunked(connection, buffer, capacity, patience);
    if (framing_ == Framing::length) capacity = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, left_));
    std::size_t got = 0;
    try {
        got = connection.read_some(buffer, capacity, patience);
    } catch (Error &error) {
        // The connection broke after the response began: the body is short, whatever the reason.
        if (error.code == FERRY_E_NETWORK) error.code = FERRY_E_TRUNCATED;
        throw;
    }
    come_ += got;
    if (framing_ == Framing::length) {
        if (got == 0)
            throw Error(FERRY_E_TRUNCATED,
                        say("{} closed the connection after {} of {} bytes", connection.peer(), come_, come_ + left_))
                .retryable();
        left_ -= got;
        complete_ = left_ == 0;
    } else if (got == 0) {
        if (connection.cut())
            throw Error(FERRY_E_TRUNCATED,
                        say("{} broke off the TLS connection after {} bytes of an answer without a length",
                            connection.peer(), come_))
                .retryable();
        complete_ = true;
    }
    return got;
}

void Body::next_chunk(Connection &connection, const Patience &patience) {
    const Text &peer = connection.peer();
    const Patience hurry = patience.hurried(later("{}: timed out waiting for the size of the next chunk"));
    // Each chunk's data ends with an empty line of its own.
    if (within_chunks_ && !connection.read_line(2, hurry).empty())
        throw Error(FERRY_E_PROTOCOL, say("{} sent a chunk that is longer than announced", peer));
    within_chunks_ = true;
    const auto size = chunk_size(connection.read_line(chunk_line_limit, hurry));
    if (!size) throw Error(FERRY_E_PROTOCOL, say("{} sent a chunk without a proper size", peer));
    left_ = *size;
    if (left_) return;
    // Trailer fields say nothing that ferry needs.
    for (std::size_t fields = 0; !connection.read_line(HeadLimits().line, hurry).empty(); ++fields)
        if (fields == trailer_limit) throw Error(FERRY_E_PROTOCOL, say("{} sent too many trailer fields", peer));
    complete_ = true;
}

std::size_t Body::read_chunked(Connection &connection, char *buffer, std::size_t capacity, const Patience &patience) {
    try {
        if (left_ == 0) next_chunk(connection, patience);
        if (complete_) return 0;
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, left_));
        const std::size_t got = connection.read_some(buffer, want, patience);
        if (got == 0) throw Error(FERRY_E_NETWORK, say("{} closed the connection", connection.peer())).retryable();
        come_ += got;
        left_ -= got;
        return got;
    } catch (Error &error) {
        if (error.code == FERRY_E_NETWORK) {
            error.code = FERRY_E_TRUNCATED;
            error.message = say("{} in the middle of a chunked answer, after {} bytes", error.message, come_);
        }
        throw;
    }
}

} // namespace ferry::net
