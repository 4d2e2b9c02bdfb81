// The pull side of the OCI Distribution Specification 1.1 over a store of archives: a request in, an answer out. Knows
// no sockets. Read-only: whatever would write is answered with 405. [any-thread]
#pragma once

#include "cli/serve/users.h"
#include "core/store/store.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ferry::cli {

struct Request {
    std::string method;
    std::string target; // as it stands in the request line
    // All values of a header field, joined by commas; empty when there is none.
    std::function<std::string(const std::string &name)> header;
};

struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers; // without Content-Length
    std::string body;                                         // unless a blob
    std::optional<core::Store::Opened> blob;
    std::uint64_t begin = 0, end = 0; // of the blob, what to send
    bool headers_only = false;        // HEAD, 304: the body gives only its length
};

class Registry {
public:
    // Both must outlive it; without `users` anybody may read.
    Registry(core::Store &store, const Users *users) : store_(store), users_(users) {}

    // Never throws but on a stop (core::Error, interrupted).
    Answer answer(const Request &request);

private:
    Answer read(const Request &request);
    core::Store &store_;
    const Users *users_;
};

// What a Range field (RFC 9110 section 14.2) means for a body of `size` bytes (pure). Several ranges, other units and
// nonsense mean the whole, as the RFC allows.
struct ByteRange {
    enum class Kind { whole, part, impossible } kind = Kind::whole;
    std::uint64_t begin = 0, end = 0; // [begin, end)
};
ByteRange parse_byte_range(std::string_view field, std::uint64_t size) noexcept;

// The grammar of <name> in the specification (pure).
bool valid_repository(std::string_view name) noexcept;

} // namespace ferry::cli
