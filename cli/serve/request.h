// Reads the head of an HTTP/1.x request (RFC 9112) from hostile bytes: where it ends, and what it says. Strict where a
// proxy in front and this server could read it differently: that is how requests are smuggled. Pure.
#pragma once

#include "cli/serve/exchange.h"

#include <cstddef>
#include <string_view>

namespace ferry::cli {

// Follows the bytes as they come. All limits are those of a whole head, with its line ends.
class HeadReader {
public:
    static constexpr std::size_t most_bytes = 32 << 10;
    static constexpr std::size_t most_line = 8 << 10; // request line, or a field
    static constexpr std::size_t most_fields = 100;

    // How many bytes of `bytes` are the head, its empty line included; 0 while it is not whole. `bytes` is what was
    // there at the last call, and more behind it. Throws Refusal as soon as the bytes cannot become a request: a
    // control character, a line that does not end with CR LF, more than the limits.
    std::size_t end_of_head(std::string_view bytes);

private:
    std::size_t at_ = 0, line_ = 0; // seen so far; where the line begins
    std::size_t lines_ = 0;         // that were not empty
};

struct Head {
    Request request;         // without `client`
    bool keep_alive = false; // as the client wishes
    bool has_body = false;   // of a method that may have one; nobody reads it
    bool old = false;        // HTTP/1.0
};

// `head` is what HeadReader found. Throws Refusal: 400 for what is no request, or one whose end could be read in two
// ways (RFC 9112 sections 5.1, 5.2, 6.1, 6.3), or GET and HEAD with a body; 501 for an unknown transfer coding; 505 for
// another version.
Head parse_head(std::string_view head);

} // namespace ferry::cli
