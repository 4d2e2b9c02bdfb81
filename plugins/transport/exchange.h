// The response to one request: its head, and its body as it comes over a connection that may serve again afterwards.
#pragma once

#include "transport/body.h"
#include "transport/pool.h"

#include <ferry/transport.hpp>

namespace ferry::net {

// [one thread at a time]
class Exchange final : public Response {
public:
    // `reusable`: once the body is read to its end, the connection goes to `pool`, which outlives this. `stall` limits
    // each wait for more of the body.
    Exchange(Pool &pool, Destination to, std::unique_ptr<Connection> connection, Head head, Body body,
             std::optional<std::chrono::milliseconds> stall, bool reusable)
        : pool_(pool), to_(std::move(to)), connection_(std::move(connection)), head_(std::move(head)), body_(body),
          stall_(stall), reusable_(reusable) {}
    ~Exchange() override;

    int status() const noexcept override { return head_.status; }
    std::size_t header_count() const noexcept override { return head_.fields.size(); }
    ferry_header header_at(std::size_t index) const noexcept override;
    // A failure repeats at every later call.
    std::size_t read(const Op &op, void *buffer, std::size_t capacity) override;

private:
    bool drain();

    Pool &pool_;
    Destination to_;
    std::unique_ptr<Connection> connection_;
    Head head_;
    Body body_;
    std::optional<std::chrono::milliseconds> stall_;
    bool reusable_;
    std::optional<Error> error_;
};

} // namespace ferry::net
