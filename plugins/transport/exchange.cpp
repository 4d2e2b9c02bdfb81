#include "transport/exchange.h"

#include <ferry/text.hpp>

namespace ferry::net {

namespace {

// The most that is read away to keep a connection whose body the caller did not want.
constexpr std::size_t drain_limit = 16 * 1024;

constexpr const char *overdue = later("{}: timed out waiting for the next bytes of the answer");

} // namespace

Exchange::~Exchange() {
    try {
        if (reusable_ && !error_ && body_.delimited() && (body_.complete() || drain()) && connection_->drained())
            pool_.put(std::move(to_), std::move(connection_));
    } catch (...) {
        // The connection is dropped.
    }
}

ferry_header Exchange::header_at(std::size_t index) const noexcept {
    if (index >= head_.fields.size()) return {};
    return {raw(head_.fields[index].first), raw(head_.fields[index].second)};
}

std::size_t Exchange::read(const Op &op, void *buffer, std::size_t capacity) {
    if (error_) throw Error(*error_);
    if (!capacity) throw Error(FERRY_E_INVALID, say("a read of no bytes cannot tell the end of the body"));
    try {
        op.throw_if_cancelled();
        const Patience patience{op, stall_, std::nullopt, overdue, body_.bulk()};
        const std::size_t got = body_.read(*connection_, static_cast<char *>(buffer), capacity, patience);
        // What came with a cancellation is not judged: a closed connection looks like an end.
        op.throw_if_cancelled();
        return got;
    } catch (const Error &error) {
        error_ = op.cancelled() ? Error(FERRY_E_CANCELLED, say("cancelled")) : error;
        throw Error(*error_);
    }
}

// Reads away what has arrived already; never waits.
bool Exchange::drain() {
    if (!body_.chunked() && body_.left() > drain_limit) return false;
    const Op nobody(nullptr);
    const Patience patience{nobody, std::chrono::milliseconds(0), std::nullopt, overdue};
    char buffer[4096];
    std::size_t drained = 0;
    while (!body_.complete() && drained <= drain_limit)
        drained += body_.read(*connection_, buffer, sizeof buffer, patience);
    return body_.complete();
}

} // namespace ferry::net
