// One connected socket as Poco sees it: plain, or with one layer of TLS on top (to the server or to an https proxy), or
// two (to a server through an https proxy). The socket does not block; every wait follows the caller's Patience.
//
// Poco's own SecureSocketImpl is not used: it takes a handshake that timed out for a finished one and then never checks
// the host name, waits twice the timeout when it reads, and hides a missing close_notify.
#pragma once

#include "transport/layer.h"
#include "transport/patience.h"

#include <Poco/AutoPtr.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <memory>
#include <string>
#include <string_view>

namespace ferry::net {

class Trust;

// [one thread at a time]
class Wire final : public Poco::Net::StreamSocketImpl {
public:
    // Takes a connected socket. `peer` is what errors call the other end.
    Wire(os::Socket socket, os::Waker waker, Text peer);

    // Performs a TLS handshake with `host` on top of what is there. On return the certificate is verified unless
    // `trust` is insecure. `endpoint` names the TLS peer in errors. Throws FERRY_E_TLS and what await() throws.
    void start_tls(const Trust &trust, const std::string &host, const Text &endpoint, const Patience &patience);

    // All of the bytes. Throws FERRY_E_NETWORK and what await() throws.
    void send(std::string_view bytes, const Patience &patience);
    // Up to `capacity` bytes as soon as there is one, or a little later where patience is for bulk; 0 at the end.
    // Throws as send() does.
    std::size_t receive(void *buffer, std::size_t capacity, const Patience &patience);

    void rename(Text peer) { peer_ = std::move(peer); }
    const Text &peer() const noexcept { return peer_; }
    // Was the end of the stream, once seen, one that anybody on the line could have faked?
    bool cut() const noexcept { return cut_; }
    // Nothing to read, and not closed: an idle connection that may be used again.
    bool quiet() noexcept;

    bool secure() const override { return first_tls_ != nullptr; }
    void close() override;

    // The patience with which a Poco session reads and writes, whose calls cannot carry one. Waits of the wire follow
    // it while it lives. Only Connection makes them.
    class Turn {
    public:
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;
        ~Turn() { wire_.turn_ = before_; }

    private:
        friend class Connection;
        Turn(Wire &wire, const Patience &patience) noexcept : wire_(wire), before_(wire.turn_) {
            wire_.turn_ = &patience;
        }

        Wire &wire_;
        const Patience *before_;
    };

protected:
    ~Wire() override;

private:
    // Poco's way in; only within a Turn.
    int receiveBytes(void *buffer, int length, int flags) override;
    int sendBytes(const void *buffer, int length, int flags) override;

    os::Handle handle() const;
    void wait(Step::State state, const Patience &patience);
    [[noreturn]] void fail(const Patience &patience);

    os::Waker waker_;
    Text peer_;
    // Lowest first; an upper layer refers to the one below, so they are freed from the top.
    std::unique_ptr<Layer> bottom_;
    std::unique_ptr<Layer> first_tls_;
    std::unique_ptr<Layer> second_tls_;
    Layer *top_;
    const Patience *turn_ = nullptr; // of the Poco session's call that is running
    bool cut_ = false;
    bool broken_ = false;
};

} // namespace ferry::net
