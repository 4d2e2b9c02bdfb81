#include "transport/tls.h"

#include "transport/os/address.h"
#include "transport/pem.h"

#include <ferry/text.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

namespace ferry::net {

namespace {

// A wildcard is a whole label, and a common name names no host (RFC 9525 sections 6.3 and 4.1; so Go, and docker).
constexpr unsigned name_rules = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;

// Alerts by which a server says that it misses or dislikes the client's certificate. A failed handshake may mean that,
// too, but only from a server that has shown its own: before, the two have no version or cipher in common (RFC 8446
// section 4.1.1, RFC 5246 section 7.4.1.3).
bool about_client_certificate(const SSL *ssl, int reason) {
    switch (reason) {
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: return SSL_get0_peer_certificate(ssl) != nullptr;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return true;
    default: return false;
    }
}

Text certificate_advice(const Trust &trust) {
    return trust.has_client_certificate() ? say("the server refused the client certificate given with --client-cert")
                                          : say("the server seems to want a client certificate (--client-cert FILE)");
}

} // namespace

int Tls::ssl_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int Tls::on_verify(int ok, X509_STORE_CTX *store) noexcept {
    if (ok) return 1;
    try {
        auto *ssl = static_cast<SSL *>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        auto *self = static_cast<Tls *>(SSL_get_ex_data(ssl, ssl_index()));
        if (!self->finding_.code) self->finding_ = finding_of(store);
    } catch (...) {
        // The refusal stands without its story.
    }
    return 0;
}

BIO_METHOD *Tls::method() {
    static BIO_METHOD *const made = [] {
        BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ferry layer");
        if (!m) throw std::bad_alloc();
        BIO_meth_set_read_ex(m, [](BIO *bio, char *buffer, std::size_t capacity, std::size_t *got) {
            return bio_read(bio, buffer, capacity, got);
        });
        BIO_meth_set_write_ex(m, [](BIO *bio, const char *bytes, std::size_t size, std::size_t *sent) {
            return bio_write(bio, bytes, size, sent);
        });
        BIO_meth_set_ctrl(m, [](BIO *bio, int command, long number, void *pointer) {
            return bio_control(bio, command, number, pointer);
        });
        return m;
    }();
    return made;
}

int Tls::bio_read(BIO *bio, char *buffer, std::size_t capacity, std::size_t *got) noexcept {
    auto *self = static_cast<Tls *>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const Step step = self->below_.read(buffer, capacity);
    switch (step.state) {
    case Step::done:
        if (self->first_size_ < self->first_.size()) {
            const std::size_t take = std::min(step.bytes, self->first_.size() - self->first_size_);
            std::memcpy(self->first_.data() + self->first_size_, buffer, take);
            self->first_size_ += take;
        }
        *got = step.bytes;
        return 1;
    case Step::want_read: BIO_set_retry_read(bio); return 0;
    case Step::want_write: BIO_set_retry_write(bio); return 0;
    case Step::closed:
    case Step::cut: self->below_closed_ = true; return 0;
    case Step::failed: self->below_failed_ = true; return 0;
    }
    return 0;
}

int Tls::bio_write(BIO *bio, const char *bytes, std::size_t size, std::size_t *sent) noexcept {
    auto *self = static_cast<Tls *>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const Step step = self->below_.write(bytes, size);
    switch (step.state) {
    case Step::done: *sent = step.bytes; return 1;
    case Step::want_read: BIO_set_retry_read(bio); return 0;
    case Step::want_write: BIO_set_retry_write(bio); return 0;
    case Step::closed:
    case Step::cut: self->below_closed_ = true; return 0;
    case Step::failed: self->below_failed_ = true; return 0;
    }
    return 0;
}

long Tls::bio_control(BIO *bio, int command, long, void *) noexcept {
    const auto *self = static_cast<const Tls *>(BIO_get_data(bio));
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return self->below_closed_;
    default: return 0;
    }
}

Tls::Tls(Layer &below, const Trust &trust, std::string host, Text endpoint)
    : below_(below), trust_(trust), host_(std::move(host)), endpoint_(std::move(endpoint)),
      ssl_(SSL_new(trust.context())) {
    // The name as certificates bear it.
    while (host_.ends_with('.')) host_.pop_back();
    if (const auto zone = host_.find('%'); zone != std::string::npos) host_.resize(zone);
    address_ = kit::parse_address(host_);
    BIO *bio = ssl_ ? BIO_new(method()) : nullptr;
    bool ok = bio && SSL_set_ex_data(ssl_, ssl_index(), this);
    if (bio) {
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_, bio, bio);
    }
    if (ok) {
        SSL_set_connect_state(ssl_);
        ok = expect_host();
        trust.resume(ssl_, endpoint_.english());
        // Replaces Poco's callback, which would ask a global handler.
        if (trust.insecure())
            SSL_set_verify(ssl_, SSL_VERIFY_NONE, nullptr);
        else
            SSL_set_verify(ssl_, SSL_VERIFY_PEER, [](int good, X509_STORE_CTX *at) { return on_verify(good, at); });
    }
    if (!ok) {
        SSL_free(ssl_);
        throw Error(FERRY_E_TLS, say("cannot prepare TLS for {}: {}", endpoint_, last_reason()));
    }
}

bool Tls::expect_host() {
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl_);
    if (address_) {
        const auto bytes = os::octets(*address_);
        return X509_VERIFY_PARAM_set1_ip(param, bytes.data(), bytes.size()) == 1;
    }
    X509_VERIFY_PARAM_set_hostflags(param, name_rules);
    return X509_VERIFY_PARAM_set1_host(param, host_.data(), host_.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl_, host_.c_str()) == 1;
}

bool Tls::is_for_host(X509 *certificate) const {
    if (address_) {
        const auto bytes = os::octets(*address_);
        return X509_check_ip(certificate, bytes.data(), bytes.size(), 0) == 1;
    }
    return X509_check_host(certificate, host_.data(), host_.size(), name_rules, nullptr) == 1;
}

Tls::~Tls() {
    SSL_free(ssl_);
}

Step Tls::judge(int result) noexcept {
    switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return {Step::want_read};
    case SSL_ERROR_WANT_WRITE: return {Step::want_write};
    case SSL_ERROR_ZERO_RETURN: return {Step::closed};
    default: break;
    }
    reason_ = ERR_peek_error();
    if (complete_ && below_closed_ && !below_failed_ &&
        (!reason_ || ERR_GET_REASON(reason_) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
        return {Step::cut};
    return {Step::failed};
}

Step Tls::handshake() noexcept {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1 && SSL_is_init_finished(ssl_)) {
        complete_ = true;
        return {Step::done};
    }
    const Step step = judge(result);
    return step.state == Step::closed ? Step{Step::failed} : step;
}

std::optional<Error> Tls::refusal() {
    if (trust_.insecure()) return std::nullopt;
    // OpenSSL has verified chain and name within the handshake. Asked again, so that no later change of settings can
    // lose the check without a failing handshake.
    X509 *certificate = SSL_get0_peer_certificate(ssl_);
    const bool named = certificate && is_for_host(certificate);
    const long verdict = SSL_get_verify_result(ssl_);
    if (named && verdict == X509_V_OK) return std::nullopt;
    return Error(FERRY_E_TLS, say("cannot trust {}: its certificate is not one for {}", endpoint_, host_));
}

Step Tls::read(void *buffer, std::size_t capacity) noexcept {
    if (ended_) return *ended_;
    std::size_t got = 0;
    while (got < capacity) {
        ERR_clear_error();
        std::size_t some = 0;
        const int result = SSL_read_ex(ssl_, static_cast<char *>(buffer) + got, capacity - got, &some);
        if (result == 1) {
            got += some;
            continue;
        }
        const Step step = judge(result);
        if (step.state != Step::want_read && step.state != Step::want_write) ended_ = step;
        if (got) break;
        return step;
    }
    return {Step::done, got};
}

Step Tls::write(const void *bytes, std::size_t size) noexcept {
    ERR_clear_error();
    std::size_t some = 0;
    const int result = SSL_write_ex(ssl_, bytes, size, &some);
    return result == 1 ? Step{Step::done, some} : judge(result);
}

void Tls::finish() noexcept {
    if (!complete_ || (ended_ && ended_->state == Step::failed)) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

Error Tls::handshake_failure() const {
    if (finding_.code) return Error(FERRY_E_TLS, explain(finding_, host_, endpoint_));
    if (below_failed_) {
        Error error = below_.failure();
        error.message = say("cannot set up TLS with {}: {} during the handshake", endpoint_, error.message);
        return error;
    }
    // A record of TLS starts with its type (20 to 23) and major version 3 (RFC 8446 section 5.1).
    const bool other = first_size_ && (first_[0] < 20 || first_[0] > 23 || (first_size_ > 1 && first_[1] != 3));
    if (other)
        return Error(FERRY_E_TLS, say("cannot set up TLS with {}: the server does not speak TLS on that port; if it is "
                                      "a plain HTTP server, write http:// in front of its name",
                                      endpoint_));
    const int reason = ERR_GET_REASON(reason_);
    const bool too_old = reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL;
    if (too_old && SSL_get_min_proto_version(ssl_) == TLS1_3_VERSION)
        return Error(FERRY_E_TLS,
                     say("cannot set up TLS with {}: the server offers no TLS 1.3, which --min-tls asks for; "
                         "leave --min-tls out if TLS 1.2 will do",
                         endpoint_));
    if (too_old)
        return Error(FERRY_E_TLS, say("cannot set up TLS with {}: the server offers no TLS 1.2 or later; older "
                                      "versions are not safe and its software needs an update",
                                      endpoint_));
    if (below_closed_)
        return Error(FERRY_E_TLS, say("cannot set up TLS with {}: the server closed the connection during the "
                                      "handshake; does it speak TLS on that port?",
                                      endpoint_))
            .retryable();
    const char *text = reason_ ? ERR_reason_error_string(reason_) : nullptr;
    const Text why = text ? text : say("the handshake failed");
    if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && !about_client_certificate(ssl_, reason))
        return Error(FERRY_E_TLS,
                     say("cannot set up TLS with {}: {}; the server and ferry have no version, cipher or curve of "
                         "TLS in common",
                         endpoint_, why));
    return Error(FERRY_E_TLS, about_client_certificate(ssl_, reason)
                                  ? say("cannot set up TLS with {}: {}; {}", endpoint_, why, certificate_advice(trust_))
                                  : say("cannot set up TLS with {}: {}", endpoint_, why));
}

Error Tls::failure() const {
    if (!complete_) return handshake_failure();
    if (below_failed_) return below_.failure();
    // TLS 1.3 servers judge the client's certificate after the handshake is over for the client.
    if (about_client_certificate(ssl_, ERR_GET_REASON(reason_))) return Error(FERRY_E_TLS, certificate_advice(trust_));
    const char *text = reason_ ? ERR_reason_error_string(reason_) : nullptr;
    return Error(FERRY_E_NETWORK, say("the TLS connection broke: {}", text ? text : say("unexpected end"))).retryable();
}

} // namespace ferry::net
