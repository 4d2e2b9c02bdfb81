#include "cli/serve/server.h"

#include "cli/serve/crowd.h"
#include "cli/serve/lanes.h"
#include "cli/serve/os/poller.h"
#include "core/base/error.h"
#include "core/os/limits.h"
#include "core/os/signals.h"

#include <ferry/text.hpp>

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace ferry::cli {

namespace {

namespace net = Poco::Net;
using core::Error;
using core::Kind;

constexpr std::size_t answering_threads = 3; // one may read a large new archive
constexpr std::size_t password_threads = 2;
constexpr std::size_t blob_threads = 4;
constexpr int backlog = 4096;
constexpr std::size_t most_turned_away = 256;
constexpr std::size_t spare_files = 64; // of the process, for all else

net::SocketAddress address_of(const std::string &listen) {
    const auto wrong = [&] {
        return Error(Kind::usage, say("'{}' is no address to listen on", listen),
                     say("use HOST:PORT, for example 127.0.0.1:5000, [::1]:5000, or :5000 for all addresses"));
    };
    const auto colon = listen.rfind(':');
    const std::string port = colon == listen.npos ? std::string() : listen.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
        std::stoul(port) > 65535)
        throw wrong();
    std::string host = listen.substr(0, colon);
    if (host.empty()) host = "0.0.0.0";
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    try {
        return {host, static_cast<Poco::UInt16>(std::stoul(port))};
    } catch (const Poco::Exception &) {
        throw wrong();
    }
}

net::ServerSocket listen_on(const std::string &listen) {
    const net::SocketAddress wanted = address_of(listen);
    net::ServerSocket socket;
    try {
        // Poco's constructor would share the port with whoever else shares it.
        socket.bind(wanted, true, false);
        socket.listen(backlog);
        socket.setBlocking(false);
    } catch (const Poco::Exception &e) {
        throw Error(Kind::network, say("cannot listen on {}: {}", listen, e.displayText()),
                    say("choose another address with --listen HOST:PORT"));
    }
    return socket;
}

struct Peer {
    Peer(Socket::Number number, const Tls *tls, const std::string &address, Crowd::Place where, Handler &handler,
         const ServerRules &rules, const std::function<void(const Served &)> &served)
        : socket(number), client(client_of(address)), place(where),
          connection(tls ? tls->stream(socket) : plain_stream(socket), address, where == Crowd::Place::turned_away,
                     handler, rules, served) {}

    Socket socket;
    const std::string client;
    Crowd::Place place; // guarded by State::mutex
    Connection connection;
};

Crowd::Limits limits_of(const ServerRules &rules) {
    const auto count = [](int value) { return static_cast<std::size_t>(std::max(value, 0)); };
    // Each connection may have an archive open.
    const std::size_t files = core::most_open_files(false);
    const std::size_t able = files > 4 * spare_files ? (files - spare_files - most_turned_away) / 2 : files / 4;
    return {std::min(std::max<std::size_t>(count(rules.most_connections), 1), std::max<std::size_t>(able, 1)),
            count(rules.most_per_client), std::min(most_turned_away, files / 4)};
}

} // namespace

struct Server::State {
    State(Handler &wanted, const std::string &listen, const std::unique_ptr<TlsFiles> &files, ServerRules wanted_rules,
          std::function<void(const Served &)> report)
        : handler(wanted), rules(wanted_rules), served(std::move(report)), crowd(limits_of(rules)),
          tls(files ? std::make_unique<Tls>(*files) : nullptr), listener(listen_on(listen)),
          address(listener.address().toString()), loopback(listener.address().host().isLoopback()),
          answering(answering_threads), passwords(password_threads), blobs(blob_threads) {
        poller.add(listener.impl()->sockfd(), nullptr, Poller::For::read);
        const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 4, 8);
        try {
            for (std::size_t i = 0; i < cores; ++i) loops.emplace_back([this] { loop(); });
            watch = std::jthread([this](const std::stop_token &stop) { look_at_deadlines(stop); });
        } catch (...) {
            end();
            throw;
        }
    }
    ~State() { end(); }

    // Work that still runs hands its connection to the poller, where nobody waits any more.
    void end() {
        watch = {};
        poller.close();
        for (std::thread &one : loops) one.join();
        loops.clear();
    }

    void loop() {
        core::ignore_broken_pipes();
        void *token = nullptr;
        while (poller.wait(token)) {
            if (token)
                turn(*static_cast<Peer *>(token));
            else
                accept_all();
        }
    }

    void accept_all() {
        const Socket::Number number = listener.impl()->sockfd();
        for (int many = 0; many < 64; ++many) {
            const Accepted made = accept_from(number);
            if (made.outcome == Accepted::Outcome::none) break;
            if (made.outcome == Accepted::Outcome::done) admit(made.number, made.address);
            if (made.outcome == Accepted::Outcome::exhausted) {
                paused = true; // until the watch has looked: others may have gone
                return;
            }
        }
        poller.arm(number, nullptr, Poller::For::read);
    }

    void admit(Socket::Number number, const std::string &from) {
        Peer *peer = nullptr;
        {
            const std::lock_guard lock(mutex);
            const std::string client = client_of(from);
            if (crowd.full(client))
                make_room(&client);
            else if (crowd.full())
                make_room(nullptr);
            const Crowd::Place place = crowd.enter(client);
            if (place == Crowd::Place::outside) {
                const Socket closed(number);
                return;
            }
            try {
                auto made = std::make_unique<Peer>(number, tls.get(), from, place, handler, rules, served);
                peer = made.get();
                peers.emplace(peer, std::move(made));
            } catch (const std::bad_alloc &) {
                crowd.leave(client, place);
                return;
            }
        }
        if (!poller.add(peer->socket.number(), peer, Poller::For::read)) forget(*peer);
    }

    // The connection that has waited longest for a request gives its place away; of that client, where one is named.
    void make_room(const std::string *client) {
        Peer *longest = nullptr;
        for (const auto &[peer, owned] : peers)
            if (peer->place == Crowd::Place::inside && (!client || peer->client == *client) &&
                peer->connection.idle_since() != std::numeric_limits<std::int64_t>::max() &&
                (!longest || peer->connection.idle_since() < longest->connection.idle_since()))
                longest = peer;
        if (!longest) return;
        crowd.leave(longest->client, longest->place);
        longest->place = Crowd::Place::outside;
        longest->socket.cut();
    }

    void turn(Peer &peer) {
        using Wants = Connection::Wants;
        Wants wants = Wants::close;
        try {
            wants = peer.connection.turn();
        } catch (const std::exception &) {
            // No memory: one client less.
        }
        switch (wants) {
        case Wants::read: poller.arm(peer.socket.number(), &peer, Poller::For::read); break;
        case Wants::write: poller.arm(peer.socket.number(), &peer, Poller::For::write); break;
        case Wants::work: begin(peer); break;
        case Wants::close: forget(peer); break;
        }
    }

    void begin(Peer &peer) {
        Work work = peer.connection.take_work();
        Lanes &lanes = work.kind == Work::Kind::password ? passwords
                       : work.kind == Work::Kind::blob   ? blobs
                                                         : answering;
        const std::string lane = work.lane;
        lanes.add(lane, [this, &peer, run = std::move(work.run)] {
            try {
                peer.connection.finish(run());
            } catch (const std::exception &) {
                peer.socket.cut(); // a stop, or no memory
            }
            poller.arm(peer.socket.number(), &peer, Poller::For::write);
        });
    }

    void forget(Peer &peer) {
        poller.remove(peer.socket.number());
        if (peer.connection.broken_off()) peer.socket.drop_rest();
        std::unique_ptr<Peer> last;
        const std::lock_guard lock(mutex);
        const auto found = peers.find(&peer);
        crowd.leave(peer.client, peer.place);
        last = std::move(found->second);
        peers.erase(found);
    }

    void look_at_deadlines(const std::stop_token &stop) {
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
            const auto now = Connection::Clock::now().time_since_epoch().count();
            for (const auto &[peer, owned] : peers)
                if (peer->connection.deadline() <= now) peer->socket.cut();
            if (paused.exchange(false)) poller.arm(listener.impl()->sockfd(), nullptr, Poller::For::read);
            wake.wait_for(lock, stop, std::chrono::milliseconds(250), [] { return false; });
        }
    }

    Handler &handler;
    const ServerRules rules;
    const std::function<void(const Served &)> served;
    std::mutex mutex;
    std::condition_variable_any wake;
    Crowd crowd; // guarded by mutex
    std::unordered_map<Peer *, std::unique_ptr<Peer>>
        peers; // guarded by mutex; each belongs to whom the poller told it
    std::atomic<bool> paused{false};
    std::unique_ptr<Tls> tls;
    net::ServerSocket listener;
    const std::string address;
    const bool loopback;
    Poller poller;
    Lanes answering, passwords, blobs; // they use the others, and end first
    std::vector<std::thread> loops;
    std::jthread watch;
};

Server::Server(Handler &handler, const std::string &listen, const std::unique_ptr<TlsFiles> &tls, ServerRules rules,
               std::function<void(const Served &)> served)
    : state_(std::make_unique<State>(handler, listen, tls, rules, std::move(served))) {}

Server::~Server() = default;

const std::string &Server::address() const noexcept {
    return state_->address;
}

bool Server::loopback() const noexcept {
    return state_->loopback;
}

} // namespace ferry::cli
