// The layer that speaks TLS as a client. Poco's Context holds the SSL_CTX; handshake, name check and reading are
// OpenSSL's own, because Poco skips the name check after a slow handshake and for names that resolve to loopback.
#pragma once

#include "transport/finding.h"
#include "transport/layer.h"
#include "transport/trust.h"

#include <ferry/kit/address.hpp>

#include <openssl/ssl.h>

#include <array>
#include <optional>
#include <string>

namespace ferry::net {

class Tls final : public Layer {
public:
    Tls(Layer &below, const Trust &trust, std::string host, Text endpoint);
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

    // Has OpenSSL check the certificate for the host. False: it cannot.
    bool expect_host();
    bool is_for_host(X509 *certificate) const;

    static int on_verify(int ok, X509_STORE_CTX *store) noexcept;
    static BIO_METHOD *method();
    static int bio_read(BIO *bio, char *buffer, std::size_t capacity, std::size_t *got) noexcept;
    static int bio_write(BIO *bio, const char *bytes, std::size_t size, std::size_t *sent) noexcept;
    static long bio_control(BIO *bio, int command, long number, void *pointer) noexcept;
    static int ssl_index();

    Layer &below_;
    const Trust &trust_;
    std::string host_;
    std::optional<kit::Address> address_; // of a host that is one
    Text endpoint_;
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
