#include "transport/trust.h"

#include <ferry/ferry.hpp>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

namespace ferry::net {

namespace fs = std::filesystem;

namespace {

// Eight full records of TLS.
constexpr std::size_t read_ahead = 128 * 1024;

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
    // A system-wide setting must not turn a cut connection into an orderly end.
    SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
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

Finding finding_of(X509_STORE_CTX *store) {
    Finding finding;
    finding.code = X509_STORE_CTX_get_error(store);
    finding.leaf = X509_STORE_CTX_get_error_depth(store) == 0;
    if (X509 *certificate = X509_STORE_CTX_get_current_cert(store)) {
        finding.subject = text_of(X509_get_subject_name(certificate));
        finding.issuer = text_of(X509_get_issuer_name(certificate));
        finding.names = names_of(certificate);
        finding.not_before = text_of(X509_get0_notBefore(certificate));
        finding.not_after = text_of(X509_get0_notAfter(certificate));
    }
    return finding;
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

} // namespace ferry::net
