// The head of an HTTP/1.1 message: written from a request, read into status and fields (RFC 9112 sections 2 to 5).
// Read here and not by Poco, whose reader changes values that look like RFC 2047 ("=?"), and groups repeated fields.
#pragma once

#include "transport/url.h"

#include <ferry/transport.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry::net {

// Content security policies and cookies of company proxies fill several KiB. All of it is held in memory until the
// answer is read.
struct HeadLimits {
    std::size_t fields = 500;
    std::size_t line = 64 << 10;   // a name and a value
    std::size_t whole = 256 << 10; // all lines
};

struct Head {
    int status = 0;
    int minor = 1; // of HTTP/1.x
    std::string reason;
    std::vector<std::pair<std::string, std::string>> fields;

    // Every value of that field, in order.
    std::vector<std::string_view> all(std::string_view name) const;
    // Does a comma-separated field hold this token, compared without case?
    bool lists(std::string_view name, std::string_view token) const;
};

// Gives the next line without its end; throws FERRY_E_PROTOCOL when it is longer than the limit.
using NextLine = std::function<std::string(std::size_t limit)>;

// Liberal as Go's client is, where a liberty cannot change what the answer means (docs/compatibility.md, HTTP). Throws
// FERRY_E_PROTOCOL, naming `peer`.
Head read_head(const NextLine &next, const Text &peer, const HeadLimits &limits = {});

// What goes over the wire before the body. `target` is the URL's own or, through a proxy, the absolute form. Throws
// FERRY_E_INVALID on a method or field that would change the message's shape.
std::string write_head(const ferry_request &request, const Url &url, std::string_view target,
                       std::string_view proxy_authorization);

} // namespace ferry::net
