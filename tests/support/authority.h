// Throw-away certificates, made with OpenSSL for one test.
#pragma once

#include <memory>
#include <string>
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
};

class Authority {
public:
    explicit Authority(const std::string &name = "ferry test authority");
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
};

} // namespace ferry::test
