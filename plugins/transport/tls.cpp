#include "transport/tls.h"

#include "transport/url.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace ferry::net {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t read_ahead = 128 * 1024;

bool is_address(const std::string &host) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::string clip(std::string text, std::size_t limit) {
    if (text.size() > limit) {
        text.resize(limit - 3);
        text += "...";
    }
    return text;
}

std::string text_of(const X509_NAME *name) {
    BIO *out = BIO_new(BIO_s_mem());
    if (!out) throw std::bad_alloc();
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
    char *data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, size > 0 ? static_cast<std::size_t>(size) : 0);
    BIO_free(out);
    return clip(text.empty() ? "no name" : text, 100);
}

std::string text_of(const ASN1_TIME *time) {
    std::tm parts{};
    if (!time || !ASN1_TIME_to_tm(time, &parts)) return "an unreadable date";
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

// The names that a certificate is for, at most three of them.
std::string names_of(X509 *certificate) {
    auto *names = static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string text;
    int shown = 0;
    const int count = names ? sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < count && shown < 3; ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        std::string one;
        if (name->type == GEN_DNS) {
            one.assign(reinterpret_cast<const char *>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        } else if (name->type == GEN_IPADD) {
            char address[INET6_ADDRSTRLEN] = "";
            const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
            if (family == AF_INET || ASN1_STRING_length(name->d.iPAddress) == 16)
                inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), address, sizeof address);
            one = address;
        }
        if (one.empty()) continue;
        text += (shown++ ? ", " : "") + clip(one, 60);
    }
    if (count > shown && shown == 3) text += " and others";
    GENERAL_NAMES_free(names);
    return text;
}

std::string last_reason() {
    const unsigned long error = ERR_peek_last_error();
    const char *text = error ? ERR_reason_error_string(error) : nullptr;
    return text ? text : "unknown reason";
}

[[noreturn]] void refuse(const std::string &what, const std::string &file, const std::string &why) {
    throw Error(FERRY_E_INVALID, what + " " + file + ": " + why);
}

void require_file(const std::string &what, const std::string &file) {
    std::error_code error;
    if (!fs::exists(file, error)) refuse("cannot read the " + what, file, "no such file");
    std::FILE *opened = std::fopen(file.c_str(), "re");
    if (!opened) refuse("cannot read the " + what, file, std::strerror(errno));
    std::fclose(opened);
}

// Where the operating system keeps the authorities that it trusts.
void add_system_store(X509_STORE *store) {
    // OpenSSL's own places, and SSL_CERT_FILE and SSL_CERT_DIR.
    X509_STORE_set_default_paths(store);
    std::error_code error;
    if (fs::exists(X509_get_default_cert_file(), error) || !fs::is_empty(X509_get_default_cert_dir(), error) ||
        std::getenv(X509_get_default_cert_file_env()) || std::getenv(X509_get_default_cert_dir_env()))
        return;
    for (const char *file : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
        if (fs::exists(file, error) && X509_STORE_load_file(store, file) == 1) return;
}

void add_authorities(X509_STORE *store, const std::string &place) {
    const std::string what = "CA certificate";
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        require_file(what, place);
        if (X509_STORE_load_file(store, place.c_str()) != 1)
            refuse("cannot use the " + what, place, "it holds no PEM certificate (" + last_reason() + ")");
        return;
    }
    // Plain files as in Docker's certs.d, and whatever c_rehash linked.
    std::vector<std::string> files;
    for (const auto &entry : fs::directory_iterator(place, error))
        if (const auto kind = entry.path().extension();
            entry.is_regular_file(error) && (kind == ".crt" || kind == ".pem" || kind == ".cer"))
            files.push_back(entry.path().string());
    std::size_t loaded = 0;
    for (const std::string &file : files) loaded += X509_STORE_load_file(store, file.c_str()) == 1;
    X509_STORE_load_path(store, place.c_str());
    if (!loaded) refuse("cannot use the CA certificate folder", place, "no .crt, .pem or .cer file in it holds one");
}

void use_client_certificate(SSL_CTX *context, const TlsOptions &options) {
    const std::string &key = options.client_key.empty() ? options.client_cert : options.client_key;
    require_file("client certificate", options.client_cert);
    require_file("client key", key);
    if (SSL_CTX_use_certificate_chain_file(context, options.client_cert.c_str()) != 1)
        refuse("cannot use the client certificate", options.client_cert, last_reason());
    // Without this OpenSSL asks for a passphrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char *, int, int, void *) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
            refuse("cannot use the client key", key, "it does not belong to the certificate " + options.client_cert);
        refuse("cannot use the client key", key,
               "it holds no PEM private key, or an encrypted one (" + last_reason() + ")");
    }
    if (SSL_CTX_check_private_key(context) != 1)
        refuse("cannot use the client key", key, "it does not belong to the certificate " + options.client_cert);
}

// Alerts by which a server says that it misses or dislikes the client's certificate.
bool about_client_certificate(int reason) {
    switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return true;
    default: return false;
    }
}

std::string certificate_advice(const Trust &trust) {
    return trust.has_client_certificate() ? "the server refused the client certificate given with --client-cert"
                                          : "the server seems to want a client certificate (--client-cert FILE)";
}

} // namespace

Trust::Trust(const TlsOptions &options) : insecure_(options.insecure) {
    using Poco::Net::Context;
    Context::Params params;
    params.verificationMode = insecure_ ? Context::VERIFY_NONE : Context::VERIFY_STRICT;
    params.cipherList = "HIGH:!aNULL";
    context_ = new Context(Context::TLS_CLIENT_USE, params);
    context_->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    SSL_CTX *context = context_->sslContext();
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Records of a whole socket buffer in one read(2) (reference B.3, row 12).
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_ahead);
    static const unsigned char http1[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context, http1, sizeof http1 - 1);
    ERR_clear_error();
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    if (!insecure_) {
        add_system_store(store);
        if (!options.ca_cert.empty()) add_authorities(store, options.ca_cert);
        // A certificate that the user names is trusted, be it a root or not.
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    }
    if (!options.client_cert.empty()) {
        use_client_certificate(context, options);
        has_client_certificate_ = true;
    } else if (!options.client_key.empty()) {
        refuse("cannot use the client key", options.client_key, "there is no client certificate with it");
    }
    ERR_clear_error();
}

std::string explain(const Finding &finding, const std::string &host, const std::string &endpoint) {
    const std::string start = "cannot trust " + endpoint + ": ";
    const std::string whose =
        (finding.leaf ? "its certificate (" : "a certificate in its chain (") + finding.subject + ") ";
    const std::string tests = "; for tests only, --insecure skips this check";
    const std::string authority = "; if you trust it, pass its certificate with --ca-cert FILE or REQUESTS_CA_BUNDLE";
    switch (finding.code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return start + whose + "expired on " + finding.not_after +
               "; check this machine's clock, or have the certificate renewed" + tests;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return start + whose + "is not valid before " + finding.not_before + "; check this machine's clock" + tests;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return start + whose + "is for " + (finding.names.empty() ? "no host name" : finding.names) + ", not for " +
               host + "; use a name that it is for, or have it reissued" + tests;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return start + whose + "is self-signed" + authority + tests;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return start + whose + "was issued by an unknown authority (" + finding.issuer + ")" + authority + tests;
    default:
        return start + whose + "was refused: " + X509_verify_cert_error_string(finding.code) +
               "; have it reissued" + authority + tests;
    }
}

int Tls::ssl_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int Tls::on_verify(int ok, X509_STORE_CTX *store) noexcept {
    if (ok) return 1;
    try {
        auto *ssl = static_cast<SSL *>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        auto *self = static_cast<Tls *>(SSL_get_ex_data(ssl, ssl_index()));
        Finding &finding = self->finding_;
        if (finding.code) return 0;
        finding.code = X509_STORE_CTX_get_error(store);
        finding.leaf = X509_STORE_CTX_get_error_depth(store) == 0;
        if (X509 *certificate = X509_STORE_CTX_get_current_cert(store)) {
            finding.subject = text_of(X509_get_subject_name(certificate));
            finding.issuer = text_of(X509_get_issuer_name(certificate));
            finding.names = names_of(certificate);
            finding.not_before = text_of(X509_get0_notBefore(certificate));
            finding.not_after = text_of(X509_get0_notAfter(certificate));
        }
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

Tls::Tls(Layer &below, const Trust &trust, std::string host, std::string endpoint)
    : below_(below), trust_(trust), host_(std::move(host)), endpoint_(std::move(endpoint)),
      ssl_(SSL_new(trust.context())) {
    while (host_.ends_with('.')) host_.pop_back();
    BIO *bio = ssl_ ? BIO_new(method()) : nullptr;
    bool ok = bio && SSL_set_ex_data(ssl_, ssl_index(), this);
    if (bio) {
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_, bio, bio);
    }
    if (ok) {
        SSL_set_connect_state(ssl_);
        X509_VERIFY_PARAM *param = SSL_get0_param(ssl_);
        if (is_address(host_)) {
            ok = X509_VERIFY_PARAM_set1_ip_asc(param, host_.c_str()) == 1;
        } else {
            X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
            ok = X509_VERIFY_PARAM_set1_host(param, host_.data(), host_.size()) == 1 &&
                 SSL_set_tlsext_host_name(ssl_, host_.c_str()) == 1;
        }
        // Replaces Poco's callback, which would ask a global handler.
        if (trust.insecure())
            SSL_set_verify(ssl_, SSL_VERIFY_NONE, nullptr);
        else
            SSL_set_verify(ssl_, SSL_VERIFY_PEER, [](int good, X509_STORE_CTX *at) { return on_verify(good, at); });
    }
    if (!ok) {
        SSL_free(ssl_);
        throw Error(FERRY_E_TLS, "cannot prepare TLS for " + endpoint_ + ": " + last_reason());
    }
}

Tls::~Tls() { SSL_free(ssl_); }

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
    const bool named = certificate && (is_address(host_) ? X509_check_ip_asc(certificate, host_.c_str(), 0)
                                                         : X509_check_host(certificate, host_.data(), host_.size(),
                                                                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                                                           nullptr)) == 1;
    const long verdict = SSL_get_verify_result(ssl_);
    if (named && verdict == X509_V_OK) return std::nullopt;
    return Error(FERRY_E_TLS, "cannot trust " + endpoint_ + ": its certificate is not one for " + host_);
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
    const std::string start = "cannot set up TLS with " + endpoint_ + ": ";
    if (finding_.code) return Error(FERRY_E_TLS, explain(finding_, host_, endpoint_));
    if (below_failed_) {
        Error error = below_.failure();
        error.message = start + error.message + " during the handshake";
        return error;
    }
    // A record of TLS starts with its type (20 to 23) and major version 3 (RFC 8446 section 5.1).
    const bool other = first_size_ && (first_[0] < 20 || first_[0] > 23 || (first_size_ > 1 && first_[1] != 3));
    if (other)
        return Error(FERRY_E_TLS, start + "the server does not speak TLS on that port; if it is a plain HTTP server, "
                                          "write http:// in front of its name");
    const int reason = ERR_GET_REASON(reason_);
    if (reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL)
        return Error(FERRY_E_TLS, start + "the server offers no TLS 1.2 or later; older versions are not safe and its "
                                          "software needs an update");
    if (below_closed_)
        return Error(FERRY_E_TLS, start + "the server closed the connection during the handshake; does it speak TLS "
                                          "on that port?")
            .retryable();
    const char *text = reason_ ? ERR_reason_error_string(reason_) : nullptr;
    std::string why = text ? text : "the handshake failed";
    if (about_client_certificate(reason)) why += "; " + certificate_advice(trust_);
    return Error(FERRY_E_TLS, start + why);
}

Error Tls::failure() const {
    if (!complete_) return handshake_failure();
    if (below_failed_) return below_.failure();
    // TLS 1.3 servers judge the client's certificate after the handshake is over for the client.
    if (about_client_certificate(ERR_GET_REASON(reason_))) return Error(FERRY_E_TLS, certificate_advice(trust_));
    const char *text = reason_ ? ERR_reason_error_string(reason_) : nullptr;
    return Error(FERRY_E_NETWORK, std::string("the TLS connection broke: ") + (text ? text : "unexpected end"))
        .retryable();
}

} // namespace ferry::net
