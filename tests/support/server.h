// A TCP or TLS server on loopback that does, connection by connection, exactly what a script says.
#pragma once

#include "support/authority.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace ferry::test {

// The server's end of one connection. Its calls block; once the server is being destroyed they return at once.
class Peer {
public:
    // The next request, head and body; empty when the client is gone. Kept for Server::requests().
    std::string request();
    // Some bytes as they come; empty at the end.
    std::string receive();
    // False when the client is gone.
    bool send(std::string_view bytes);
    // "HTTP/1.1 200 OK" with this body and these header lines (each with CRLF).
    bool answer(std::string_view body, std::string_view fields = "", std::string_view status = "200 OK");
    // Waits until the client closes.
    void hold();
    // Waits, or until the client closes.
    void pause(int ms);
    // Ends TLS (if any) in order, then the connection. What the script's end does by itself.
    void close();
    // Ends the connection without a word of TLS.
    void cut();
    // Ends it with a TCP reset.
    void reset();
    // Pumps bytes between this connection and a port on loopback until one of them ends: what a proxy does.
    void relay(std::uint16_t port);
    // How many connections came before this one.
    int index() const noexcept { return index_; }

private:
    friend class Server;
    Peer(class Server &server, int fd, int index) : server_(server), fd_(fd), index_(index) {}
    bool readable(int ms);

    Server &server_;
    int fd_;
    int index_;
    ssl_st *ssl_ = nullptr;
    std::string rest_;
};

using Script = std::function<void(Peer &)>;

struct ServerOptions {
    std::optional<Certificate> tls = {};
    int handshake_delay_ms = 0;
    int highest_tls = 0;               // TLS1_1_VERSION and so on; 0: any
    std::string client_authority = {}; // PEM; set: a client certificate of it is demanded
    std::string address = "127.0.0.1";
};

class Server {
public:
    // The first connection runs the first script and so on; the last script serves all further ones.
    explicit Server(std::vector<Script> scripts, ServerOptions options = {});
    ~Server();
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    std::uint16_t port() const noexcept { return port_; }
    // "http://127.0.0.1:PORT/path", or https with TLS; any other host name instead of the address.
    std::string url(std::string_view path = "/", std::string_view host = "") const;
    int connections() const noexcept { return count_; }
    // Handshakes that took up a session of an earlier one.
    int resumed() const noexcept { return resumed_; }
    std::vector<std::string> requests() const;

private:
    friend class Peer;
    void accept();
    void serve(int fd, int index);
    bool handshake(Peer &peer);

    std::vector<Script> scripts_;
    ServerOptions options_;
    ssl_ctx_st *context_ = nullptr;
    int listener_ = -1;
    int stop_ = -1; // readable once the server ends
    std::uint16_t port_ = 0;
    std::atomic<int> count_{0};
    std::atomic<int> resumed_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::list<std::thread> threads_;
    std::thread acceptor_;
};

// A script that answers every request of a connection with this body.
Script always(std::string body, std::string fields = "");

} // namespace ferry::test
