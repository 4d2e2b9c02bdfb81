#include "core/base/error.h"

#include <ferry/kit/ascii.hpp>

namespace ferry::core {

namespace {

bool part_of_host(char c) noexcept {
    return kit::is_alphanumeric(c) || c == '.' || c == '-';
}

// Does `host` stand in that text, and not only as a piece of a word?
bool names(std::string_view text, std::string_view host) noexcept {
    for (std::size_t at = 0; (at = text.find(host, at)) != text.npos; ++at) {
        const std::size_t end = at + host.size();
        if ((at == 0 || !part_of_host(text[at - 1])) && (end == text.size() || !part_of_host(text[end]))) return true;
    }
    return false;
}

} // namespace

Kind kind_of(ferry_status status) noexcept {
    switch (status) {
    case FERRY_E_CANCELLED: return Kind::interrupted;
    case FERRY_E_INVALID: return Kind::usage;
    case FERRY_E_NOT_FOUND: return Kind::not_found;
    case FERRY_E_UNAUTHORIZED:
    case FERRY_E_FORBIDDEN: return Kind::access;
    case FERRY_E_RATE_LIMITED:
    case FERRY_E_EXHAUSTED: return Kind::rate_limit;
    case FERRY_E_NETWORK:
    case FERRY_E_TIMEOUT:
    case FERRY_E_TLS:
    case FERRY_E_TRUNCATED:
    case FERRY_E_PROTOCOL:
    case FERRY_E_PROXY: return Kind::network;
    case FERRY_E_IO: return Kind::disk;
    default: return Kind::other;
    }
}

ferry_status status_of(Kind kind) noexcept {
    switch (kind) {
    case Kind::usage: return FERRY_E_INVALID;
    case Kind::access: return FERRY_E_UNAUTHORIZED;
    case Kind::not_found: return FERRY_E_NOT_FOUND;
    case Kind::network:
    case Kind::integrity: return FERRY_E_PROTOCOL;
    case Kind::disk: return FERRY_E_IO;
    case Kind::rate_limit: return FERRY_E_RATE_LIMITED;
    case Kind::interrupted: return FERRY_E_CANCELLED;
    case Kind::other:
    case Kind::plugin: break;
    }
    return FERRY_E_INTERNAL;
}

Kind worse(Kind one, Kind other) noexcept {
    constexpr Kind order[] = {Kind::interrupted, Kind::integrity,  Kind::disk,    Kind::plugin,    Kind::other,
                              Kind::access,      Kind::rate_limit, Kind::network, Kind::not_found, Kind::usage};
    for (const Kind kind : order)
        if (kind == one || kind == other) return kind;
    return one;
}

Error Error::from(const ferry::Error &thrown, const std::string &host) {
    // A transport names the host itself.
    const bool named = host.empty() || names(thrown.message.english(), host);
    Error error(thrown.code, named ? thrown.message : say("{}: {}", host, thrown.message));
    error.where = host;
    error.retryable = (thrown.flags & FERRY_ERROR_RETRYABLE) != 0;
    error.http_status = thrown.http_status;
    error.retry_after_ms = thrown.retry_after_ms;
    return error;
}

bool Error::transient() const noexcept {
    switch (status_) {
    case FERRY_E_TIMEOUT:
    case FERRY_E_TRUNCATED:
    case FERRY_E_RATE_LIMITED: return true;
    case FERRY_E_EXHAUSTED: return false;
    default: return retryable;
    }
}

} // namespace ferry::core
