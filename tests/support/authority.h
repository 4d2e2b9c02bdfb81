// Throw-away certificates, made with OpenSSL for one test.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferry::test {

// PEM texts.
struct Certificate {
    std::string pem;
    std::string key;
};

struct CertificateRequest {
    std::string common_name = "localhost";
    std::vector<std::string> names = {"localhost"}; // DNS names and IP addresses
    int from_days = -1;                             // validity, counted from now
    int to_days = 30;
    // Further extensions, as in OpenSSL's configuration: {NID_ext_key_usage, "clientAuth"}.
    std::vector<std::pair<int, std::string>> extensions = {};
    int rsa_bits = 0;              // 0: a key on P-256
    const char *digest = "SHA256"; // that is signed
};

class Authority {
public:
    explicit Authority(const std::string &name = "ferry test authority");
    // One that `issuer` vouches for, by a certificate with these extensions; what it issues brings that certificate
    // along.
    Authority(const Authority &issuer, const CertificateRequest &request);
    ~Authority();
    Authority(const Authority &) = delete;
    Authority &operator=(const Authority &) = delete;

    const std::string &pem() const noexcept { return pem_; }
    Certificate issue(const CertificateRequest &request = {}) const;
    static Certificate self_signed(const CertificateRequest &request = {});

private:
    struct Keys;
    std::unique_ptr<Keys> keys_;
    std::string pem_;
    std::string chain_; // what a certificate of it needs beside itself
};

} // namespace ferry::test
