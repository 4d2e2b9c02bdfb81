// TLS for clients: what is trusted, and the layer that speaks it. Poco's Context holds the SSL_CTX; handshake, name
// check and reading are OpenSSL's own, because Poco's can be talked out of the name check (reference B.3, rows 1-4).
#pragma once

#include "transport/wire.h"

#include <Poco/Net/Context.h>

#include <openssl/ssl.h>

#include <array>
#include <optional>
#include <string>

namespace ferry::net {

struct TlsOptions {
    bool insecure = false;
    std::string ca_cert;     // PEM file or a directory of them, beside the system's
    std::string client_cert; // PEM file: the certificate, then its chain
    std::string client_key;  // PEM file; empty: in client_cert
};

// Loaded once for a transport; every connection shares its certificate store. [any-thread]
class Trust {
public:
    // Throws FERRY_E_INVALID naming the file that cannot be used.
    explicit Trust(const TlsOptions &options);

    SSL_CTX *context() const noexcept { return context_->sslContext(); }
    bool insecure() const noexcept { return insecure_; }
    bool has_client_certificate() const noexcept { return has_client_certificate_; }

private:
    Poco::Net::Context::Ptr context_;
    bool insecure_;
    bool has_client_certificate_ = false;
};

// What the verification of a chain found, taken down at the first fault.
struct Finding {
    int code = 0; // X509_V_ERR_*
    std::string subject;
    std::string issuer;
    std::string names;
    std::string not_before;
    std::string not_after;
    bool leaf = true;
};

// The sentence for a certificate that was refused: whose, why, and what to do. Pure.
std::string explain(const Finding &finding, const std::string &host, const std::string &endpoint);

class Tls final : public Layer {
public:
    Tls(Layer &below, const Trust &trust, std::string host, std::string endpoint);
    ~Tls() override;
    Tls(const Tls &) = delete;
    Tls &operator=(const Tls &) = delete;

    Step handshake() noexcept;
    // After the handshake: why the peer must not be talked to all the same.
    std::optional<Error> refusal();

    Step read(void *buffer, std::size_t capacity) noexcept override;
    Step write(const void *bytes, std::size_t size) noexcept override;
    void finish() noexcept override;
    Error failure() const override;

private:
    Step judge(int result) noexcept;
    Error handshake_failure() const;

    static int on_verify(int ok, X509_STORE_CTX *store) noexcept;
    static BIO_METHOD *method();
    static int bio_read(BIO *bio, char *buffer, std::size_t capacity, std::size_t *got) noexcept;
    static int bio_write(BIO *bio, const char *bytes, std::size_t size, std::size_t *sent) noexcept;
    static long bio_control(BIO *bio, int command, long number, void *pointer) noexcept;
    static int ssl_index();

    Layer &below_;
    const Trust &trust_;
    std::string host_;
    std::string endpoint_;
    SSL *ssl_;
    Finding finding_;
    std::array<char, 5> first_{}; // of the peer's bytes: tells TLS from anything else
    std::size_t first_size_ = 0;
    unsigned long reason_ = 0; // of OpenSSL's error queue
    bool complete_ = false;
    bool below_failed_ = false;
    bool below_closed_ = false;
    std::optional<Step> ended_;
};

} // namespace ferry::net
