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

Error Error::from(const ferry::Error &thrown, const std::string &doing) {
    const bool named = doing.empty() || thrown.message.starts_with(doing);
    Error error(thrown.code, named ? thrown.message : doing + ": " + thrown.message);
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
