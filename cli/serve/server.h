// The HTTP server of `ferry serve`: a few threads for all connections, none of which holds one. Speaks HTTP/1.1 (RFC
// 9112) and TLS; what the answers are is a Handler's business.
//
// Threads: a few that read, send and encrypt, whoever is ready next; one that looks at deadlines; and those for Work,
// each kind its own (cli/serve/exchange.h).
#pragma once

#include "cli/serve/connection.h"
#include "cli/serve/tls.h"

#include <functional>
#include <memory>
#include <string>

namespace ferry::cli {

class Server {
public:
    // Listens at once. `listen`: host:port, [host]:port, :port for all addresses; port 0 takes any. `served` is called
    // from any thread. Throws core::Error: usage for what is no address or no certificate, network when the address
    // cannot be had. There are never more connections than half of the files that the process may have open.
    Server(Handler &handler, const std::string &listen, const std::unique_ptr<TlsFiles> &tls, ServerRules rules,
           std::function<void(const Served &)> served);
    // Takes no more requests, cuts those that are being answered, and waits for its threads: for Work that has begun,
    // too.
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
