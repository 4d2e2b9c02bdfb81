// The HTTP server of `ferry serve`: Poco's, with bounds for hostile and slow clients.
#pragma once

#include "cli/serve/registry.h"

#include <memory>
#include <string>

namespace ferry::cli {

struct ServerRules {
    int most_connections = 64; // at work at once; as many again may wait, more are turned away
    int header_seconds = 20;   // for a TLS handshake, and for all of a request's header
    int idle_seconds = 30;     // between two requests of one connection
    int stall_seconds = 60;    // for a client to take 256 KiB
};

struct TlsFiles {
    std::string certificate; // PEM, the server's first, then what it was issued by
    std::string key;         // PEM, without a password
};

// A request that was answered, for the log.
struct Served {
    std::string client; // address
    std::string method;
    std::string target;
    int status = 0;
    std::uint64_t bytes = 0; // of the body that were sent
};

class Server {
public:
    // Listens at once. `listen`: host:port, [host]:port, :port for all addresses; port 0 takes any. `served` is called
    // from any thread. Throws core::Error: usage for what is no address or no certificate, network when the address
    // cannot be had.
    Server(Registry &registry, const std::string &listen, const std::unique_ptr<TlsFiles> &tls, ServerRules rules,
           std::function<void(const Served &)> served);
    // Takes no more requests, cuts those that are being answered, and waits for their threads.
    ~Server();
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    // Where it listens: 127.0.0.1:5000
    const std::string &address() const noexcept;
    // Can only programs on this machine reach it?
    bool loopback() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace ferry::cli
