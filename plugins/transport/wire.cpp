#include "transport/wire.h"

#include "transport/tls.h"

#include <ferry/text.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace ferry::net {

namespace {

Text seconds(std::chrono::milliseconds time) {
    const auto ms = time.count();
    return ms % 1000 ? say("{} ms", ms) : say("{} s", ms / 1000);
}

class Descriptor final : public Layer {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}

    Step read(void *buffer, std::size_t capacity) noexcept override {
        return judge(::recv(fd_, buffer, capacity, 0), Step::want_read);
    }
    Step write(const void *bytes, std::size_t size) noexcept override {
        // MSG_NOSIGNAL: TLS writes end here too, so no SIGPIPE can reach the host.
        const Step step = judge(::send(fd_, bytes, size, MSG_NOSIGNAL), Step::want_write);
        return step.state == Step::closed ? Step{Step::done, 0} : step;
    }
    Error failure() const override {
        return Error(FERRY_E_NETWORK, std::generic_category().message(errno_)).retryable();
    }

private:
    Step judge(ssize_t result, Step::State wanted) noexcept {
        if (result > 0) return {Step::done, static_cast<std::size_t>(result)};
        if (result == 0) return {Step::closed};
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {wanted};
        errno_ = errno;
        return {Step::failed};
    }

    int fd_;
    int errno_ = 0;
};

} // namespace

Waker::Waker() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0)
        throw Error(FERRY_E_NETWORK, say("cannot open another connection: {}", std::generic_category().message(errno)));
}

Waker::Waker(Waker &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Waker::~Waker() {
    if (fd_ >= 0) ::close(fd_);
}

void Waker::wake() const noexcept {
    const std::uint64_t one = 1;
    // It can only fail when the counter is full, and then the descriptor is readable already.
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Waker::rest() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
}

void await(int fd, short events, const Waker &waker, const Patience &patience, const Text &peer) {
    using std::chrono::milliseconds;
    const OnCancel wake(patience.op, [&waker]() noexcept { waker.wake(); });
    const auto start = Clock::now();
    auto until = patience.deadline;
    if (patience.stall && (!until || start + *patience.stall < *until)) until = start + *patience.stall;
    pollfd two[2] = {{fd, events, 0}, {waker.fd(), POLLIN, 0}};
    for (;;) {
        patience.op.throw_if_cancelled();
        int limit = -1;
        if (until) {
            const auto left = std::chrono::ceil<milliseconds>(*until - Clock::now()).count();
            limit = static_cast<int>(std::clamp<milliseconds::rep>(left, 0, 3'600'000));
        }
        const int ready = ::poll(two, 2, limit);
        if (ready < 0 && errno != EINTR)
            throw Error(FERRY_E_NETWORK, say("cannot wait for {}: {}", peer, std::generic_category().message(errno)));
        // Before the result is judged: a cancelled wait looks like any other.
        patience.op.throw_if_cancelled();
        if (ready > 0 && (two[0].revents || (fd < 0 && two[1].revents))) return;
        // Left over from an operation that was cancelled the moment it was done.
        if (ready > 0 && two[1].revents) waker.rest();
        if (until && Clock::now() >= *until) {
            const bool stalled = patience.stall && (!patience.deadline || *until < *patience.deadline);
            Text text = say(patience.overdue, peer);
            if (stalled) text = say("{} (nothing came or went for {})", text, seconds(*patience.stall));
            throw Error(FERRY_E_TIMEOUT, text).retryable();
        }
    }
}

Wire::Wire(int fd, Waker waker, Text peer)
    : StreamSocketImpl(fd), waker_(std::move(waker)), peer_(std::move(peer)), bottom_(std::make_unique<Descriptor>(fd)),
      top_(bottom_.get()) {}

Wire::~Wire() = default;

void Wire::start_tls(const Trust &trust, const std::string &host, const Text &endpoint) {
    auto made = std::make_unique<Tls>(*top_, trust, host, endpoint);
    Tls &tls = *made;
    (first_tls_ ? second_tls_ : first_tls_) = std::move(made);
    top_ = &tls;
    tls_ = true;
    for (;;) {
        const Step step = tls.handshake();
        if (step.state == Step::done) break;
        if (step.state != Step::want_read && step.state != Step::want_write) {
            broken_ = true;
            patience_->op.throw_if_cancelled();
            throw tls.failure();
        }
        wait(step.state);
    }
    if (const auto refusal = tls.refusal()) {
        broken_ = true;
        throw *refusal;
    }
}

Patience Wire::hurried(const char *overdue) const {
    Patience patience = *patience_;
    patience.overdue = overdue;
    if (patience.stall) {
        const auto end = Clock::now() + *patience.stall;
        if (!patience.deadline || end < *patience.deadline) patience.deadline = end;
    }
    return patience;
}

void Wire::wait(Step::State state) {
    await(sockfd(), state == Step::want_write ? POLLOUT : POLLIN, waker_, *patience_, peer_);
}

void Wire::fail() {
    broken_ = true;
    patience_->op.throw_if_cancelled();
    Error error = top_->failure();
    error.message = say("{}: {}", peer_, error.message);
    throw error;
}

// Returns when much has come, or after a few milliseconds.
void Wire::gather() noexcept {
    constexpr int much = 128 << 10, some_ms = 4;
    constexpr int anything = 1;
    if (::setsockopt(sockfd(), SOL_SOCKET, SO_RCVLOWAT, &much, sizeof much) != 0) return;
    pollfd one{sockfd(), POLLIN, 0};
    ::poll(&one, 1, some_ms);
    ::setsockopt(sockfd(), SOL_SOCKET, SO_RCVLOWAT, &anything, sizeof anything);
}

int Wire::receiveBytes(void *buffer, int length, int) {
    for (bool gathered = false;;) {
        const Step step = top_->read(buffer, static_cast<std::size_t>(length));
        switch (step.state) {
        case Step::done: return static_cast<int>(step.bytes);
        case Step::cut: cut_ = true; [[fallthrough]];
        case Step::closed: return 0;
        case Step::failed: fail();
        case Step::want_read:
            if (patience_->bulk && !std::exchange(gathered, true)) {
                gather();
                break;
            }
            [[fallthrough]];
        case Step::want_write: wait(step.state);
        }
    }
}

int Wire::sendBytes(const void *buffer, int length, int) {
    const char *bytes = static_cast<const char *>(buffer);
    for (int sent = 0; sent < length;) {
        const Step step = top_->write(bytes + sent, static_cast<std::size_t>(length - sent));
        switch (step.state) {
        case Step::done: sent += static_cast<int>(step.bytes); break;
        case Step::cut:
        case Step::closed:
            throw Error(FERRY_E_NETWORK, say("{} closed the connection while the request was sent", peer_)).retryable();
        case Step::failed: fail();
        case Step::want_read:
        case Step::want_write: wait(step.state);
        }
    }
    return length;
}

bool Wire::quiet() noexcept {
    pollfd one{sockfd(), POLLIN, 0};
    return !broken_ && ::poll(&one, 1, 0) == 0;
}

void Wire::close() {
    if (sockfd() != POCO_INVALID_SOCKET && !broken_ && !cut_) top_->finish();
    StreamSocketImpl::close();
}

} // namespace ferry::net
