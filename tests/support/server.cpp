#include "support/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace ferry::test {

namespace {

void must(bool ok, const char *what) {
    if (!ok) throw std::system_error(errno, std::generic_category(), std::string("test server: ") + what);
}

// TLS writes without MSG_NOSIGNAL; the test must outlive a client that is gone.
void block_sigpipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::size_t content_length(const std::string &head) {
    std::string low = head;
    std::transform(low.begin(), low.end(), low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    const auto at = low.find("\r\ncontent-length:");
    return at == std::string::npos ? 0 : std::stoul(low.substr(at + 17));
}

} // namespace

bool Peer::readable(int ms) {
    if (fd_ < 0) return false;
    if (ssl_ && SSL_pending(ssl_) > 0) return true;
    pollfd two[2] = {{fd_, POLLIN, 0}, {server_.stop_, POLLIN, 0}};
    const int ready = ::poll(two, 2, ms);
    return ready > 0 && two[1].revents == 0;
}

std::string Peer::receive() {
    char buffer[16384];
    for (;;) {
        if (!readable(-1)) return {};
        ERR_clear_error();
        const auto got = ssl_ ? SSL_read(ssl_, buffer, sizeof buffer) : ::recv(fd_, buffer, sizeof buffer, 0);
        if (got > 0) return std::string(buffer, static_cast<std::size_t>(got));
        if (!ssl_ || SSL_get_error(ssl_, static_cast<int>(got)) != SSL_ERROR_WANT_READ) return {};
    }
}

std::string Peer::request() {
    std::string text = std::move(rest_);
    rest_.clear();
    std::size_t end;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
        const std::string more = receive();
        if (more.empty()) return {};
        text += more;
    }
    const std::size_t size = end + 4 + content_length(text.substr(0, end + 2));
    while (text.size() < size) {
        const std::string more = receive();
        if (more.empty()) return {};
        text += more;
    }
    rest_ = text.substr(size);
    text.resize(size);
    const std::lock_guard lock(server_.mutex_);
    server_.requests_.push_back(text);
    return text;
}

bool Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (fd_ < 0) return false;
        // A full socket must not keep the server from ending.
        pollfd two[2] = {{fd_, POLLOUT, 0}, {server_.stop_, POLLIN, 0}};
        if (::poll(two, 2, -1) < 0 || two[1].revents) return false;
        ERR_clear_error();
        const auto sent =
            ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 16384)))
                 : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (ssl_ ? SSL_get_error(ssl_, static_cast<int>(sent)) != SSL_ERROR_WANT_WRITE : errno != EAGAIN) {
            return false;
        }
    }
    return true;
}

bool Peer::answer(std::string_view body, std::string_view fields, std::string_view status) {
    return send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(fields) + "\r\n" + std::string(body));
}

void Peer::hold() {
    while (!receive().empty()) {
    }
}

void Peer::pause(int ms) {
    readable(ms);
}

void Peer::close() {
    if (ssl_ && fd_ >= 0) {
        ERR_clear_error();
        SSL_shutdown(ssl_);
    }
    cut();
}

void Peer::cut() {
    if (fd_ < 0) return;
    // A close with unread bytes would be a reset.
    char buffer[4096];
    while (::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
    }
    SSL_free(ssl_);
    ssl_ = nullptr;
    ::close(fd_);
    fd_ = -1;
}

void Peer::reset() {
    if (fd_ < 0) return;
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    SSL_free(ssl_);
    ssl_ = nullptr;
    ::close(fd_);
    fd_ = -1;
}

void Peer::relay(std::uint16_t port) {
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (other < 0 || ::connect(other, reinterpret_cast<sockaddr *>(&to), sizeof to) != 0) {
        if (other >= 0) ::close(other);
        return;
    }
    Peer target(server_, other, -1);
    for (bool open = target.send(rest_); open;) {
        pollfd three[3] = {{fd_, POLLIN, 0}, {other, POLLIN, 0}, {server_.stop_, POLLIN, 0}};
        if (ssl_ && SSL_pending(ssl_) > 0)
            three[0].revents = POLLIN;
        else if (::poll(three, 3, -1) < 0 || three[2].revents)
            break;
        if (three[0].revents) {
            const std::string bytes = receive();
            open = !bytes.empty() && target.send(bytes);
        }
        if (open && three[1].revents) {
            const std::string bytes = target.receive();
            open = !bytes.empty() && send(bytes);
        }
    }
    target.cut();
}

Server::Server(std::vector<Script> scripts, ServerOptions options)
    : scripts_(std::move(scripts)), options_(std::move(options)) {
    if (options_.tls) {
        context_ = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_security_level(context_, 0);
        if (options_.highest_tls) {
            SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(context_, options_.highest_tls);
        }
        SSL_CTX_set_mode(context_, SSL_MODE_AUTO_RETRY);
        BIO *pem = BIO_new_mem_buf(options_.tls->pem.data(), static_cast<int>(options_.tls->pem.size()));
        X509 *certificate = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
        while (X509 *above = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr))
            SSL_CTX_add_extra_chain_cert(context_, above);
        BIO_free(pem);
        pem = BIO_new_mem_buf(options_.tls->key.data(), static_cast<int>(options_.tls->key.size()));
        EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr);
        BIO_free(pem);
        const bool ok =
            SSL_CTX_use_certificate(context_, certificate) == 1 && SSL_CTX_use_PrivateKey(context_, key) == 1;
        X509_free(certificate);
        EVP_PKEY_free(key);
        if (!ok) throw std::runtime_error("test server: bad certificate");
        if (!options_.client_authority.empty()) {
            pem = BIO_new_mem_buf(options_.client_authority.data(), static_cast<int>(options_.client_authority.size()));
            X509 *authority = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
            BIO_free(pem);
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority);
            X509_free(authority);
            SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
    }
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(listener_ >= 0 && stop_ >= 0, "socket");
    sockaddr_in at{};
    at.sin_family = AF_INET;
    must(inet_pton(AF_INET, options_.address.c_str(), &at.sin_addr) == 1, "address");
    must(::bind(listener_, reinterpret_cast<sockaddr *>(&at), sizeof at) == 0, "bind");
    must(::listen(listener_, 64) == 0, "listen");
    socklen_t size = sizeof at;
    ::getsockname(listener_, reinterpret_cast<sockaddr *>(&at), &size);
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept(); });
}

Server::~Server() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
    acceptor_.join();
    for (std::thread &thread : threads_) thread.join();
    ::close(listener_);
    ::close(stop_);
    SSL_CTX_free(context_);
}

std::string Server::url(std::string_view path, std::string_view host) const {
    return (options_.tls ? "https://" : "http://") + std::string(host.empty() ? options_.address : host) + ":" +
           std::to_string(port_) + std::string(path);
}

std::vector<std::string> Server::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void Server::accept() {
    block_sigpipe();
    for (;;) {
        pollfd two[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
        if (::poll(two, 2, -1) < 0 || two[1].revents) return;
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        const int index = count_++;
        threads_.emplace_back([this, fd, index] { serve(fd, index); });
    }
}

bool Server::handshake(Peer &peer) {
    if (options_.handshake_delay_ms) {
        pollfd stop{stop_, POLLIN, 0};
        if (::poll(&stop, 1, options_.handshake_delay_ms) != 0) return false;
    }
    peer.ssl_ = SSL_new(context_);
    SSL_set_fd(peer.ssl_, peer.fd_);
    // Non-blocking while it lasts: a client that says nothing must not keep the server from ending.
    ::fcntl(peer.fd_, F_SETFL, ::fcntl(peer.fd_, F_GETFL) | O_NONBLOCK);
    for (;;) {
        ERR_clear_error();
        const int result = SSL_accept(peer.ssl_);
        if (result == 1) {
            resumed_ += SSL_session_reused(peer.ssl_);
            return true;
        }
        const int error = SSL_get_error(peer.ssl_, result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        pollfd two[2] = {{peer.fd_, static_cast<short>(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0},
                         {stop_, POLLIN, 0}};
        if (::poll(two, 2, -1) < 0 || two[1].revents) return false;
    }
}

void Server::serve(int fd, int index) {
    block_sigpipe();
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    Peer peer(*this, fd, index);
    if (!context_ || handshake(peer))
        scripts_[std::min(static_cast<std::size_t>(index), scripts_.size() - 1)](peer);
    else
        peer.cut();
    peer.close();
}

Script always(std::string body, std::string fields) {
    return [body = std::move(body), fields = std::move(fields)](Peer &peer) {
        while (!peer.request().empty())
            if (!peer.answer(body, fields)) return;
    };
}

} // namespace ferry::test
