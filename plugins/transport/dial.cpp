#include "transport/dial.h"

#include "transport/os/lookup.h"
#include "transport/url.h"

#include <ferry/kit/address.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>

namespace ferry::net {

namespace {

// What the resolving thread and the waiting thread share; the last of the two frees it.
struct Lookup {
    os::Waker waker;
    std::mutex mutex;
    bool done = false;
    std::vector<Address> addresses;
    std::optional<Error> error;
};

std::vector<Address> resolve(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                             const Patience &patience) {
    if (kit::parse_address(host)) return {os::numeric(host, port)};
    const auto shared = std::make_shared<Lookup>();
    // Detached, because getaddrinfo cannot be interrupted: a cancelled dial must not wait for it.
    const auto look = [shared, resolver, host, port] {
        std::vector<Address> addresses;
        std::optional<Error> error;
        try {
            addresses = resolver(host, port);
        } catch (const Error &e) {
            error = e;
        } catch (const std::exception &e) {
            error = Error(FERRY_E_INTERNAL, e.what());
        }
        const std::lock_guard lock(shared->mutex);
        shared->addresses = std::move(addresses);
        shared->error = std::move(error);
        shared->done = true;
        shared->waker.wake();
    };
    try {
        std::thread(look).detach();
    } catch (const std::system_error &) {
        throw Error(FERRY_E_NETWORK, say("cannot resolve {}: this process can have no more threads", host)).retryable();
    }
    const Patience looking{patience.op, patience.stall, patience.deadline,
                           later("{}: timed out looking up the host name")};
    for (;;) {
        await(shared->waker, looking, peer);
        const std::lock_guard lock(shared->mutex);
        if (!shared->done) continue;
        if (shared->error) throw Error(*shared->error);
        if (shared->addresses.empty()) throw Error(FERRY_E_NETWORK, say("cannot resolve {}: it has no address", host));
        return std::move(shared->addresses);
    }
}

Text refusal(const Text &peer, const os::Failure &failure) {
    const std::string why = lower(failure.text());
    switch (failure.kind) {
    case os::Failure::refused:
        return say("cannot connect to {}: {}; is the port right, and is the server running?", peer, why);
    case os::Failure::unreachable:
        return say("cannot connect to {}: {}; check this machine's network, or set a proxy", peer, why);
    default: return say("cannot connect to {}: {}", peer, why);
    }
}

// Attempts to connect to several addresses, each begun a little after the one before or when that one failed; the first
// that stands wins (RFC 8305 section 5).
class Race {
public:
    Race(const std::vector<Address> &addresses, const Text &peer, const Patience &patience)
        : addresses_(addresses), peer_(peer), patience_(patience) {}

    os::Socket run() {
        const OnCancel wake(patience_.op, [this]() noexcept { waker_.wake(); });
        while (winner_.handle() == os::Handle::none) {
            patience_.op.throw_if_cancelled();
            const auto now = Clock::now();
            if (end_ && now >= *end_) give_up();
            if (next_ < addresses_.size() && (running_.empty() || now >= next_start_))
                start(addresses_[next_++]);
            else if (running_.empty())
                throw Error(*first_);
            else
                watch();
        }
        return std::move(winner_);
    }

private:
    static constexpr std::chrono::milliseconds delay{250};

    void start(const Address &to) {
        next_start_ = Clock::now() + delay;
        os::Attempt attempt = os::connect(to);
        if (attempt.failure)
            failed(attempt.failure);
        else if (attempt.connected)
            winner_ = std::move(attempt.socket);
        else
            running_.push_back(std::move(attempt.socket));
    }

    void watch() {
        std::vector<os::Watched> all;
        for (const os::Socket &socket : running_) all.push_back({socket.handle(), os::Watched::writing});
        auto until = end_;
        if (next_ < addresses_.size() && (!until || next_start_ < *until)) until = next_start_;
        const os::Polled polled = os::poll(all, waker_, time_left(until, Clock::now()));
        if (polled.failure) throw Error(FERRY_E_NETWORK, say("cannot wait for {}: {}", peer_, polled.failure.text()));
        patience_.op.throw_if_cancelled();
        if (polled.woken) waker_.rest();
        std::vector<os::Socket> left;
        for (std::size_t i = 0; i < running_.size(); ++i) {
            if (!all[i].ready)
                left.push_back(std::move(running_[i]));
            else if (const os::Failure failure = os::outcome(running_[i].handle()))
                failed(failure);
            else if (winner_.handle() == os::Handle::none)
                winner_ = std::move(running_[i]);
        }
        running_ = std::move(left);
    }

    void failed(const os::Failure &failure) {
        next_start_ = Clock::now();
        if (!first_) first_ = Error(FERRY_E_NETWORK, refusal(peer_, failure));
        // Where nothing listens, nothing will in a second; a network may come back.
        if (failure.kind != os::Failure::refused) first_->retryable();
    }
    [[noreturn]] void give_up() const {
        // An address that refused says more than one that is silent.
        if (first_) throw Error(*first_);
        throw Error(FERRY_E_TIMEOUT, say(patience_.overdue, peer_)).retryable();
    }

    const std::vector<Address> &addresses_;
    const Text &peer_;
    const Patience &patience_;
    os::Waker waker_;
    std::optional<Clock::time_point> end_ = patience_.until(Clock::now());
    std::size_t next_ = 0;
    Clock::time_point next_start_;
    std::vector<os::Socket> running_;
    std::optional<Error> first_;
    os::Socket winner_;
};

} // namespace

std::vector<Address> interleave(std::vector<Address> addresses) {
    if (addresses.empty()) return addresses;
    const bool first = addresses.front().is_ipv4();
    std::vector<Address> ordered, ones, others;
    for (const Address &one : addresses) (one.is_ipv4() == first ? ones : others).push_back(one);
    for (std::size_t i = 0; i < std::max(ones.size(), others.size()); ++i) {
        if (i < ones.size()) ordered.push_back(ones[i]);
        if (i < others.size()) ordered.push_back(others[i]);
    }
    return ordered;
}

Poco::AutoPtr<Wire> dial(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                         const Patience &patience) {
    patience.op.throw_if_cancelled();
    return dial(lookup(resolver, host, port, peer, patience), peer, patience);
}

Poco::AutoPtr<Wire> dial(const std::vector<Address> &addresses, const Text &peer, const Patience &patience) {
    os::Socket socket = Race(addresses, peer, patience).run();
    os::send_at_once(socket.handle());
    return Poco::AutoPtr<Wire>(new Wire(std::move(socket), os::Waker(), peer));
}

std::vector<Address> lookup(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                            const Patience &patience) {
    return interleave(resolve(resolver, host, port, peer, patience));
}

} // namespace ferry::net
