#include "core/base/error.h"

namespace ferry::core {

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

Kind worse(Kind one, Kind other) noexcept {
    constexpr Kind order[] = {Kind::interrupted, Kind::integrity,  Kind::disk,    Kind::plugin,    Kind::other,
                              Kind::access,      Kind::rate_limit, Kind::network, Kind::not_found, Kind::usage};
    for (const Kind kind : order)
        if (kind == one || kind == other) return kind;
    return one;
}

Error Error::from(const ferry::Error &thrown, const std::string &doing) {
    // A transport names the host itself.
    const bool named = doing.empty() || thrown.message.find(doing) != thrown.message.npos;
    Error error(kind_of(thrown.code), named ? thrown.message : doing + ": " + thrown.message);
    error.status = thrown.code;
    error.retryable = (thrown.flags & FERRY_ERROR_RETRYABLE) != 0;
    error.http_status = thrown.http_status;
    error.retry_after_ms = thrown.retry_after_ms;
    return error;
}

bool Error::transient() const noexcept {
    switch (status) {
    case FERRY_E_TIMEOUT:
    case FERRY_E_TRUNCATED:
    case FERRY_E_RATE_LIMITED: return true;
    case FERRY_E_EXHAUSTED: return false;
    default: return retryable;
    }
}

} // namespace ferry::core
