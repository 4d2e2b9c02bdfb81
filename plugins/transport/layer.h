// What a wire is made of: each layer reads and writes through the one below it, and none of them ever waits.
#pragma once

#include <ferry/ferry.hpp>

#include <cstddef>

namespace ferry::net {

// One step of reading or writing.
struct Step {
    enum State {
        done,
        want_read,
        want_write,
        closed, // an orderly end
        cut,    // TLS ended without close_notify: whoever cuts the line can fake this end
        failed
    };
    State state;
    std::size_t bytes = 0;
};

// [one thread at a time]
class Layer {
public:
    virtual ~Layer() = default;
    virtual Step read(void *buffer, std::size_t capacity) noexcept = 0;
    virtual Step write(const void *bytes, std::size_t size) noexcept = 0;
    // Says goodbye if that needs no waiting.
    virtual void finish() noexcept {}
    // After Step::failed: what happened, with code and retryable flag but without the peer's name.
    virtual Error failure() const = 0;
};

} // namespace ferry::net
