// One connected socket as Poco sees it, with every wait in our hands: non-blocking underneath, poll() with a stall
// limit, a deadline and the operation's cancellation, and any number of TLS layers on top (two for an https proxy).
//
// Poco's own SecureSocketImpl takes a handshake that timed out for a finished one, doubles read timeouts and hides a
// missing close_notify; this class replaces it (docs: reference B.3, rows 1, 7, 9 and 22).
#pragma once

#include <ferry/ferry.hpp>

#include <Poco/AutoPtr.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace ferry::net {

using Clock = std::chrono::steady_clock;

// How long, and for whom, a thread may wait.
struct Patience {
    const Op &op;
    std::optional<std::chrono::milliseconds> stall; // the longest single wait
    std::optional<Clock::time_point> deadline;      // the end of all waits
    const char *overdue; // what it says when time is up, by later(): "{}: timed out waiting for the answer"
    // Many more bytes are on their way: a reader that has taken all lets some gather. Each wake-up costs, here and at a
    // server that waits for room.
    bool bulk = false;
};

// A descriptor that is readable from wake() on. [any-thread]
class Waker {
public:
    Waker();
    ~Waker();
    Waker(Waker &&other) noexcept;
    Waker(const Waker &) = delete;
    Waker &operator=(const Waker &) = delete;

    void wake() const noexcept;
    void rest() const noexcept; // no longer readable
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

// Waits until `fd` shows one of the poll `events`, or `waker` was woken when `fd` is negative. Throws
// FERRY_E_CANCELLED or FERRY_E_TIMEOUT, naming `peer`. A cancellation wakes `waker`.
void await(int fd, short events, const Waker &waker, const Patience &patience, const Text &peer);

// One step of reading or writing that never waits.
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

class Trust;

class Wire final : public Poco::Net::StreamSocketImpl {
public:
    // Takes a connected, non-blocking descriptor. `peer` is what errors call the other end.
    Wire(int fd, Waker waker, Text peer);

    // While it lives, waits of this wire follow `patience`.
    class Turn {
    public:
        Turn(Wire &wire, const Patience &patience) noexcept : wire_(wire), before_(wire.patience_) {
            wire_.patience_ = &patience;
        }
        ~Turn() { wire_.patience_ = before_; }
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;

    private:
        Wire &wire_;
        const Patience *before_;
    };

    // The patience of the present turn, for something that has begun and must be whole within one stall time, however
    // its bytes drip.
    Patience hurried(const char *overdue) const;

    // Performs a TLS handshake with `host` on top of what is there. On return the certificate is verified unless
    // `trust` is insecure. `endpoint` names the TLS peer in errors. Throws FERRY_E_TLS and what await() throws.
    void start_tls(const Trust &trust, const std::string &host, const Text &endpoint);

    void rename(Text peer) { peer_ = std::move(peer); }
    const Text &peer() const noexcept { return peer_; }
    // Was the end of the stream, once seen, one that anybody on the line could have faked?
    bool cut() const noexcept { return cut_; }
    // Nothing to read, and not closed: an idle connection that may be used again.
    bool quiet() noexcept;

    using StreamSocketImpl::receiveBytes;
    using StreamSocketImpl::sendBytes;
    // Up to `length` bytes as soon as there is one, or a little later where patience is for bulk; 0 at the end.
    int receiveBytes(void *buffer, int length, int flags) override;
    // All of them.
    int sendBytes(const void *buffer, int length, int flags) override;
    bool secure() const override { return tls_; }
    void close() override;

protected:
    ~Wire() override;

private:
    void wait(Step::State state);
    void gather() noexcept;
    [[noreturn]] void fail();

    Waker waker_;
    Text peer_;
    // Lowest first; an upper layer refers to the one below, so they are freed from the top.
    std::unique_ptr<Layer> bottom_;
    std::unique_ptr<Layer> first_tls_;
    std::unique_ptr<Layer> second_tls_;
    Layer *top_;
    const Patience *patience_ = nullptr;
    bool tls_ = false;
    bool cut_ = false;
    bool broken_ = false;
};

} // namespace ferry::net
