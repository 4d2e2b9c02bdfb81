// What a TLS client trusts and shows, for each server that it meets.
#pragma once

#include "transport/tls_options.h"

#include <ferry/text.hpp>

#include <Poco/Net/Context.h>

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ferry::net {

// What is trusted, and which sessions may be taken up again; its connections share it. [any-thread]
class Trust {
public:
    // `own_folder` is the server's own one of certs_dir, or empty. Throws FERRY_E_INVALID naming the file that cannot
    // be used.
    explicit Trust(const TlsOptions &options, const std::string &own_folder = "");
    ~Trust();
    Trust(const Trust &) = delete;
    Trust &operator=(const Trust &) = delete;

    // With the authorities, which the first call loads: reading a bundle of them takes longer than a small pull. Throws
    // FERRY_E_INVALID naming a file that is damaged behind its first certificate.
    SSL_CTX *context() const;
    bool insecure() const noexcept { return insecure_; }
    bool has_client_certificate() const noexcept { return has_client_certificate_; }

    // Before a handshake: offers the last session with that peer, which spares the server's certificate and its proof
    // (RFC 8446 section 2.2), and keeps the sessions that this connection brings. They are made by handshakes that were
    // verified under this trust. `peer` lives as long as `ssl`.
    void resume(SSL *ssl, const std::string &peer) const noexcept;

private:
    static int on_session(SSL *ssl, SSL_SESSION *session) noexcept;

    Poco::Net::Context::Ptr context_;
    std::vector<std::string> authorities_; // files and folders, beside the system's
    mutable std::once_flag loaded_;
    bool insecure_;
    bool has_client_certificate_ = false;
    mutable std::mutex mutex_;
    mutable std::map<std::string, SSL_SESSION *> sessions_; // owned
};

// The folder of that server in certs_dir: HOST:PORT, or HOST for the port of https; empty: it has none.
std::string own_folder(const std::string &certs_dir, const std::string &host, std::uint16_t port);

// The trust that goes with each server, made when it is first met. [any-thread]
class Trusts {
public:
    // Loads what all servers share: unusable files show at once.
    explicit Trusts(TlsOptions options) : options_(std::move(options)), shared_(options_) {}

    // Throws FERRY_E_INVALID when a file of the server's own folder cannot be used. Lives as long as this.
    const Trust &of(const std::string &host, std::uint16_t port);

private:
    TlsOptions options_;
    Trust shared_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Trust>> own_; // by host:port; nullptr: the shared one
};

} // namespace ferry::net
