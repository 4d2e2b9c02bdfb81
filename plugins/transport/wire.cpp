#include "transport/wire.h"

#include "transport/tls.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace ferry::net {

namespace {

class Plain final : public Layer {
public:
    explicit Plain(os::Handle socket) noexcept : socket_(socket) {}

    Step read(void *buffer, std::size_t capacity) noexcept override {
        return judge(os::receive(socket_, buffer, capacity), Step::want_read);
    }
    Step write(const void *bytes, std::size_t size) noexcept override {
        return judge(os::send(socket_, bytes, size), Step::want_write);
    }
    Error failure() const override { return Error(FERRY_E_NETWORK, failure_.text()).retryable(); }

private:
    Step judge(const os::Transfer &transfer, Step::State wanted) noexcept {
        switch (transfer.state) {
        case os::Transfer::done: return {Step::done, transfer.bytes};
        case os::Transfer::wait: return {wanted};
        case os::Transfer::closed: return {Step::closed};
        case os::Transfer::failed: break;
        }
        failure_ = transfer.failure;
        return {Step::failed};
    }

    os::Handle socket_;
    os::Failure failure_;
};

} // namespace

Wire::Wire(os::Socket socket, os::Waker waker, Text peer)
    : StreamSocketImpl(static_cast<poco_socket_t>(socket.handle())), waker_(std::move(waker)), peer_(std::move(peer)),
      bottom_(std::make_unique<Plain>(socket.handle())), top_(bottom_.get()) {
    socket.release(); // Poco's base class closes it
}

Wire::~Wire() = default;

os::Handle Wire::handle() const {
    return static_cast<os::Handle>(sockfd());
}

void Wire::start_tls(const Trust &trust, const std::string &host, const Text &endpoint, const Patience &patience) {
    auto made = std::make_unique<Tls>(*top_, trust, host, endpoint);
    Tls &tls = *made;
    (first_tls_ ? second_tls_ : first_tls_) = std::move(made);
    top_ = &tls;
    for (;;) {
        const Step step = tls.handshake();
        if (step.state == Step::done) break;
        if (step.state != Step::want_read && step.state != Step::want_write) {
            broken_ = true;
            patience.op.throw_if_cancelled();
            throw tls.failure();
        }
        wait(step.state, patience);
    }
    if (const auto refusal = tls.refusal()) {
        broken_ = true;
        throw Error(*refusal);
    }
}

void Wire::wait(Step::State state, const Patience &patience) {
    await(handle(), state == Step::want_write ? os::Watched::writing : os::Watched::reading, waker_, patience, peer_);
}

void Wire::fail(const Patience &patience) {
    broken_ = true;
    patience.op.throw_if_cancelled();
    Error error = top_->failure();
    error.message = say("{}: {}", peer_, error.message);
    throw error;
}

std::size_t Wire::receive(void *buffer, std::size_t capacity, const Patience &patience) {
    constexpr int much = 128 << 10;
    constexpr std::chrono::milliseconds a_moment{4};
    for (bool gathered = false;;) {
        const Step step = top_->read(buffer, capacity);
        switch (step.state) {
        case Step::done: return step.bytes;
        case Step::cut: cut_ = true; [[fallthrough]];
        case Step::closed: return 0;
        case Step::failed: fail(patience);
        case Step::want_read:
            if (patience.bulk && !std::exchange(gathered, true)) {
                os::gather(handle(), much, a_moment);
                break;
            }
            [[fallthrough]];
        case Step::want_write: wait(step.state, patience);
        }
    }
}

void Wire::send(std::string_view bytes, const Patience &patience) {
    while (!bytes.empty()) {
        const Step step = top_->write(bytes.data(), bytes.size());
        switch (step.state) {
        case Step::done: bytes.remove_prefix(step.bytes); break;
        case Step::cut:
        case Step::closed:
            throw Error(FERRY_E_NETWORK, say("{} closed the connection while the request was sent", peer_)).retryable();
        case Step::failed: fail(patience);
        case Step::want_read:
        case Step::want_write: wait(step.state, patience);
        }
    }
}

int Wire::receiveBytes(void *buffer, int length, int) {
    return static_cast<int>(receive(buffer, static_cast<std::size_t>(length), *turn_));
}

int Wire::sendBytes(const void *buffer, int length, int) {
    send({static_cast<const char *>(buffer), static_cast<std::size_t>(length)}, *turn_);
    return length;
}

bool Wire::quiet() noexcept {
    return !broken_ && os::quiet(handle());
}

void Wire::close() {
    if (sockfd() != POCO_INVALID_SOCKET && !broken_ && !cut_) top_->finish();
    StreamSocketImpl::close();
}

} // namespace ferry::net
