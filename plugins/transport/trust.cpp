#include "transport/trust.h"

#include <ferry/ferry.hpp>
#include <ferry/text.hpp>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

namespace ferry::net {

Text last_reason() {
    const unsigned long error = ERR_peek_last_error();
    const char *text = error ? ERR_reason_error_string(error) : nullptr;
    return text ? text : say("unknown reason");
}

namespace fs = std::filesystem;

namespace {

// Eight full records of TLS.
constexpr std::size_t read_ahead = 128 * 1024;

int trust_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int peer_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

std::string clip(std::string text, std::size_t limit) {
    if (text.size() > limit) {
        text.resize(limit - 3);
        text += "...";
    }
    return text;
}

Text text_of(const X509_NAME *name) {
    BIO *out = BIO_new(BIO_s_mem());
    if (!out) throw std::bad_alloc();
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
    char *data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, size > 0 ? static_cast<std::size_t>(size) : 0);
    BIO_free(out);
    return text.empty() ? say("no name") : Text(clip(std::move(text), 70));
}

std::string text_of(const std::tm &parts) {
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

Text text_of(const ASN1_TIME *time) {
    std::tm parts{};
    if (!time || !ASN1_TIME_to_tm(time, &parts)) return say("an unreadable date");
    return text_of(parts);
}

std::string text_of_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    return text_of(parts);
}

// The names that a certificate is for, at most two of them.
Text names_of(X509 *certificate) {
    auto *names = static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string text;
    int shown = 0;
    const int count = names ? sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < count && shown < 2; ++i) {
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
        text += (shown++ ? ", " : "") + clip(one, 40);
    }
    GENERAL_NAMES_free(names);
    return count > shown && shown == 2 ? say("{} and others", text) : Text(text);
}

[[noreturn]] void refuse(const Text &text) {
    throw Error(FERRY_E_INVALID, text);
}

// `format` says that the file cannot be read, and why.
void require_file(const char *format, const std::string &file) {
    std::error_code error;
    if (!fs::exists(file, error)) refuse(say(format, file, say("no such file")));
    std::FILE *opened = std::fopen(file.c_str(), "re");
    if (!opened) refuse(say(format, file, std::strerror(errno)));
    std::fclose(opened);
}

// The files of a folder with one of these endings, by name.
std::vector<std::string> files_of(const std::string &folder, std::initializer_list<std::string_view> endings) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (std::error_code odd; it->is_regular_file(odd))
            if (const std::string kind = it->path().extension().string();
                std::find(endings.begin(), endings.end(), kind) != endings.end())
                files.push_back(it->path().string());
    std::sort(files.begin(), files.end());
    return files;
}

const std::initializer_list<std::string_view> authority_endings = {".crt", ".pem", ".cer"};

// Where the operating system keeps the authorities that it trusts.
void add_system_store(X509_STORE *store) {
    // OpenSSL's own places, and SSL_CERT_FILE and SSL_CERT_DIR.
    X509_STORE_set_default_paths(store);
    // OpenSSL finds only what c_rehash linked there; Go, and so docker, takes the files.
    const char *folders = std::getenv(X509_get_default_cert_dir_env());
    for (std::string_view left = folders ? folders : ""; !left.empty();) {
        const auto end = std::min(left.find(':'), left.size());
        for (const std::string &file : files_of(std::string(left.substr(0, end)), authority_endings))
            X509_STORE_load_file(store, file.c_str());
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    std::error_code error;
    if (fs::exists(X509_get_default_cert_file(), error) || !fs::is_empty(X509_get_default_cert_dir(), error) ||
        std::getenv(X509_get_default_cert_file_env()) || std::getenv(X509_get_default_cert_dir_env()))
        return;
    for (const char *file : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
        if (fs::exists(file, error) && X509_STORE_load_file(store, file) == 1) return;
}

// The first certificate in a file, or null.
std::unique_ptr<X509, decltype(&X509_free)> first_certificate(const std::string &file) {
    BIO *in = BIO_new_file(file.c_str(), "r");
    X509 *certificate = in ? PEM_read_bio_X509_AUX(in, nullptr, nullptr, nullptr) : nullptr;
    BIO_free(in);
    return {certificate, X509_free};
}

[[noreturn]] void refuse_authority(const std::string &file) {
    refuse(say("cannot use the CA certificate {}: it holds no PEM certificate ({})", file, last_reason()));
}

void check_authorities(const std::string &place) {
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        require_file(later("cannot read the CA certificate {}: {}"), place);
        if (!first_certificate(place)) refuse_authority(place);
        return;
    }
    const auto files = files_of(place, authority_endings);
    if (std::none_of(files.begin(), files.end(), first_certificate))
        refuse(say("cannot use the CA certificate folder {}: no .crt, .pem or .cer file in it holds one", place));
}

void add_authorities(X509_STORE *store, const std::string &place) {
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        if (X509_STORE_load_file(store, place.c_str()) != 1) refuse_authority(place);
        return;
    }
    // Plain files as in Docker's certs.d, and whatever c_rehash linked.
    for (const std::string &file : files_of(place, authority_endings)) X509_STORE_load_file(store, file.c_str());
    X509_STORE_load_path(store, place.c_str());
}

// What the certificate in a file calls itself.
Text subject_in(const std::string &file) {
    const auto certificate = first_certificate(file);
    return certificate ? text_of(X509_get_subject_name(certificate.get())) : Text();
}

[[noreturn]] void refuse_pair(const std::string &certificate, const std::string &key) {
    throw Error(FERRY_E_INVALID,
                say("the client key {} does not belong to the client certificate {} ({}); give the key "
                    "that this certificate was issued for",
                    key, certificate, subject_in(certificate)));
}

void use_client_certificate(SSL_CTX *context, const std::string &certificate, const std::string &key) {
    require_file(later("cannot read the client certificate {}: {}"), certificate);
    require_file(later("cannot read the client key {}: {}"), key);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        refuse(say("cannot use the client certificate {}: {}", certificate, last_reason()));
    // Without this OpenSSL asks for a passphrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char *, int, int, void *) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) refuse_pair(certificate, key);
        refuse(say("cannot use the client key {}: it holds no PEM private key, or an encrypted one ({})", key,
                   last_reason()));
    }
    if (SSL_CTX_check_private_key(context) != 1) refuse_pair(certificate, key);
}

// The pair in a folder of certs.d: NAME.cert and NAME.key. False: there is none.
bool use_own_certificate(SSL_CTX *context, const std::string &folder) {
    const auto certificates = files_of(folder, {".cert"}), keys = files_of(folder, {".key"});
    const auto partner = [](const std::string &file, const char *ending) {
        return fs::path(file).replace_extension(ending).string();
    };
    for (const std::string &key : keys)
        if (!fs::exists(partner(key, ".cert")))
            throw Error(FERRY_E_INVALID,
                        say("there is no client certificate {} to go with the key {}", partner(key, ".cert"), key));
    for (const std::string &certificate : certificates)
        if (!fs::exists(partner(certificate, ".key")))
            throw Error(FERRY_E_INVALID,
                        say("there is no key {} to go with the client certificate {}; an authority to trust has to be "
                            "called .crt",
                            partner(certificate, ".key"), certificate));
    if (certificates.empty()) return false;
    use_client_certificate(context, certificates.front(), partner(certificates.front(), ".key"));
    return true;
}

} // namespace

std::string own_folder(const std::string &certs_dir, const std::string &host, std::uint16_t port) {
    if (host.empty() || host.find('/') != std::string::npos || host.front() == '.') return {};
    constexpr std::uint16_t https = 443;
    const std::string with_port = join(host, port);
    for (std::string_view left = certs_dir; !left.empty();) {
        const auto end = std::min(left.find(':'), left.size());
        const fs::path base(left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
        std::error_code error;
        if (base.empty()) continue;
        if (fs::is_directory(base / with_port, error)) return (base / with_port).string();
        if (port == https && fs::is_directory(base / with_port.substr(0, with_port.rfind(':')), error))
            return (base / with_port.substr(0, with_port.rfind(':'))).string();
    }
    return {};
}

Trust::Trust(const TlsOptions &options, const std::string &own_folder) : insecure_(options.insecure) {
    using Poco::Net::Context;
    Context::Params params;
    params.verificationMode = insecure_ ? Context::VERIFY_NONE : Context::VERIFY_STRICT;
    params.cipherList = "HIGH:!aNULL";
    context_ = new Context(Context::TLS_CLIENT_USE, params);
    context_->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    SSL_CTX *context = context_->sslContext();
    // Keys and hashes of less than 112 bits of security (RSA below 2048, SHA-1) are refused whatever OpenSSL's own
    // default is, which differs from system to system.
    if (!insecure_) SSL_CTX_set_security_level(context, std::max(SSL_CTX_get_security_level(context), 2));
    if (options.min_tls == "1.3")
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    else if (!options.min_tls.empty() && options.min_tls != "1.2")
        throw Error(FERRY_E_INVALID, say("the lowest version of TLS is 1.2 or 1.3, not '{}'", options.min_tls));
    // Sessions are kept here, by peer: OpenSSL's own cache serves servers alone.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_ex_data(context, trust_index(), this);
    SSL_CTX_sess_set_new_cb(context, on_session);
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
    if (!insecure_) {
        if (!options.ca_cert.empty()) authorities_.push_back(options.ca_cert);
        for (std::string &file : files_of(own_folder, {".crt"})) authorities_.push_back(std::move(file));
        for (const std::string &place : authorities_) check_authorities(place);
        // A certificate that the user names is trusted, be it a root or not.
        X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    }
    if (!options.client_cert.empty()) {
        use_client_certificate(context, options.client_cert,
                               options.client_key.empty() ? options.client_cert : options.client_key);
        has_client_certificate_ = true;
    } else if (!options.client_key.empty()) {
        refuse(say("cannot use the client key {}: there is no client certificate with it", options.client_key));
    } else if (!own_folder.empty()) {
        has_client_certificate_ = use_own_certificate(context, own_folder);
    }
    ERR_clear_error();
}

SSL_CTX *Trust::context() const {
    SSL_CTX *context = context_->sslContext();
    if (!insecure_)
        std::call_once(loaded_, [&] {
            X509_STORE *store = SSL_CTX_get_cert_store(context);
            for (const std::string &place : authorities_) add_authorities(store, place);
            add_system_store(store);
            ERR_clear_error();
        });
    return context;
}

Trust::~Trust() {
    for (const auto &[peer, session] : sessions_) SSL_SESSION_free(session);
}

void Trust::resume(SSL *ssl, const std::string &peer) const noexcept {
    SSL_set_ex_data(ssl, peer_index(), const_cast<std::string *>(&peer));
    const std::lock_guard lock(mutex_);
    if (const auto found = sessions_.find(peer); found != sessions_.end()) SSL_set_session(ssl, found->second);
}

// TLS 1.3 brings its tickets after the handshake, while something is read.
int Trust::on_session(SSL *ssl, SSL_SESSION *session) noexcept {
    const auto *self = static_cast<const Trust *>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), trust_index()));
    const auto *peer = static_cast<const std::string *>(SSL_get_ex_data(ssl, peer_index()));
    if (!self || !peer) return 0;
    try {
        const std::lock_guard lock(self->mutex_);
        SSL_SESSION *&kept = self->sessions_[*peer];
        SSL_SESSION_free(kept);
        kept = session;
        return 1; // it is ours now
    } catch (...) {
        return 0;
    }
}

const Trust &Trusts::of(const std::string &host, std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = own_.try_emplace(join(host, port));
    if (fresh) {
        const bool lenient =
            !options_.insecure && std::any_of(options_.insecure_servers.begin(), options_.insecure_servers.end(),
                                              [&](const HostPort &one) { return same_server(one, host, port); });
        const std::string folder = own_folder(options_.certs_dir, host, port);
        if (lenient || !folder.empty()) {
            TlsOptions own = options_;
            own.insecure |= lenient;
            try {
                found->second = std::make_unique<Trust>(own, folder);
            } catch (...) {
                own_.erase(found);
                throw;
            }
        }
    }
    return found->second ? *found->second : shared_;
}

Finding finding_of(X509_STORE_CTX *store) {
    Finding finding;
    finding.code = X509_STORE_CTX_get_error(store);
    finding.leaf = X509_STORE_CTX_get_error_depth(store) == 0;
    finding.now = text_of_now();
    if (X509 *certificate = X509_STORE_CTX_get_current_cert(store)) {
        finding.subject = text_of(X509_get_subject_name(certificate));
        finding.issuer = text_of(X509_get_issuer_name(certificate));
        finding.names = names_of(certificate);
        finding.not_before = text_of(X509_get0_notBefore(certificate));
        finding.not_after = text_of(X509_get0_notAfter(certificate));
    }
    return finding;
}

Text explain(const Finding &finding, const std::string &host, const Text &endpoint) {
    const Text whose = finding.leaf ? say("its certificate ({})", finding.subject)
                                    : say("a certificate in its chain ({})", finding.subject);
    const std::string at = host.find(':') == std::string::npos ? host : "[" + host + "]";
    switch (finding.code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return say("cannot trust {}: {} expired on {}, and this machine's clock says {}; set the clock if it is wrong, "
                   "or have the certificate renewed; for tests, --insecure={} skips the check",
                   endpoint, whose, finding.not_after, finding.now, at);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return say("cannot trust {}: {} is not valid before {}, and this machine's clock says {}; set the clock if it "
                   "is wrong; for tests, --insecure={} skips the check",
                   endpoint, whose, finding.not_before, finding.now, at);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return say("cannot trust {}: {} is for {}, not for {}; use a name that it is for, or have it reissued; for "
                   "tests, --insecure={} skips the check",
                   endpoint, whose, finding.names.empty() ? say("no host name") : finding.names, host, at);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return say("cannot trust {}: {} is self-signed; if you trust it, pass it with --ca-cert FILE or "
                   "REQUESTS_CA_BUNDLE; for tests, --insecure={} skips the check",
                   endpoint, whose, at);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return say("cannot trust {}: {} was issued by an unknown authority ({}); if you trust that one, pass its "
                   "certificate with --ca-cert FILE or REQUESTS_CA_BUNDLE; for tests, --insecure={} skips the check",
                   endpoint, whose, finding.issuer, at);
    default:
        return say("cannot trust {}: {} was refused: {}; have it reissued, or pass its authority with --ca-cert FILE; "
                   "for tests, --insecure={} skips the check",
                   endpoint, whose, X509_verify_cert_error_string(finding.code), at);
    }
}

} // namespace ferry::net
