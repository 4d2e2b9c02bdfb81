// Where a response's body ends, and reading it without ever taking a short one for a whole one (RFC 9112 sections 6
// and 7).
#pragma once

#include "transport/head.h"

#include <cstdint>
#include <string>

namespace ferry::net {

class Connection;
struct Patience;

class Body {
public:
    // Decides the framing. Throws FERRY_E_PROTOCOL on a length that can be read in two ways.
    Body(const Head &head, std::string_view method, const Text &peer);

    // At least one byte, up to `capacity`; 0 at the end of the whole body. Throws FERRY_E_TRUNCATED,
    // FERRY_E_PROTOCOL, FERRY_E_TIMEOUT, FERRY_E_CANCELLED.
    std::size_t read(Connection &connection, char *buffer, std::size_t capacity, const Patience &patience);

    // Everything was read, the last chunk and its trailer included.
    bool complete() const noexcept { return complete_; }
    // May the connection be used again once the body is complete?
    bool delimited() const noexcept { return framing_ != Framing::until_close; }
    // Bytes of a known length that are still to come.
    std::uint64_t left() const noexcept { return left_; }
    bool chunked() const noexcept { return framing_ == Framing::chunked; }
    // Many bytes came, and as many or nobody knows how many are to come.
    bool bulk() const noexcept { return come_ >= bulk_size && (framing_ != Framing::length || left_ >= bulk_size); }

private:
    enum class Framing { length, chunked, until_close };
    static constexpr std::uint64_t bulk_size = 256 << 10;

    std::size_t read_chunked(Connection &connection, char *buffer, std::size_t capacity, const Patience &patience);
    void next_chunk(Connection &connection, const Patience &patience);

    Framing framing_ = Framing::length;
    std::uint64_t left_ = 0; // of the body, or of the chunk
    std::uint64_t come_ = 0;
    bool within_chunks_ = false;
    bool complete_ = false;
};

// The size at the head of a chunk's line, extensions ignored; nullopt if there is none. Pure.
std::optional<std::uint64_t> chunk_size(std::string_view line);

// The length that all Content-Length values agree on; nullopt if they do not or are no numbers. Pure.
std::optional<std::uint64_t> content_length(const std::vector<std::string_view> &values);

} // namespace ferry::net
