// What a TLS client trusts and shows, and what to say about a certificate that it does not trust.
#pragma once

#include <Poco/Net/Context.h>

#include <openssl/ssl.h>

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

// What the verification of a chain found wrong.
struct Finding {
    int code = 0; // X509_V_ERR_*
    std::string subject;
    std::string issuer;
    std::string names;
    std::string not_before;
    std::string not_after;
    bool leaf = true;
};

// From within a verify callback.
Finding finding_of(X509_STORE_CTX *store);

// The sentence for a certificate that was refused: whose, why, and what to do. Pure.
std::string explain(const Finding &finding, const std::string &host, const std::string &endpoint);

} // namespace ferry::net
