#include "transport/trust.h"

#include "transport/authorities.h"
#include "transport/client_certificate.h"
#include "transport/os/trust_store.h"
#include "transport/pem.h"

#include <ferry/text.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <filesystem>

namespace ferry::net {

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

// What holds for all connections.
Poco::Net::Context::Ptr make_context(const TlsOptions &options) {
    using Poco::Net::Context;
    Context::Params params;
    params.verificationMode = options.insecure ? Context::VERIFY_NONE : Context::VERIFY_STRICT;
    params.cipherList = "HIGH:!aNULL";
    Context::Ptr made = new Context(Context::TLS_CLIENT_USE, params);
    made->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    SSL_CTX *context = made->sslContext();
    // Keys and hashes of less than 112 bits of security (RSA below 2048, SHA-1) are refused whatever OpenSSL's own
    // default is, which differs from system to system.
    if (!options.insecure) SSL_CTX_set_security_level(context, std::max(SSL_CTX_get_security_level(context), 2));
    if (options.min_tls == "1.3")
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    else if (!options.min_tls.empty() && options.min_tls != "1.2")
        throw Error(FERRY_E_INVALID, say("the lowest version of TLS is 1.2 or 1.3, not '{}'", options.min_tls));
    // Sessions are kept here, by peer: OpenSSL's own cache serves servers alone.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // A system-wide setting must not turn a cut connection into an orderly end.
    SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Records of a whole socket buffer in one read(2).
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_ahead);
    static const unsigned char http1[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context, http1, sizeof http1 - 1);
    return made;
}

} // namespace

std::string own_folder(const std::string &certs_dir, const std::string &host, std::uint16_t port) {
    if (host.empty() || host.find('/') != std::string::npos || host.front() == '.') return {};
    constexpr std::uint16_t https = 443;
    const std::string with_port = join(host, port);
    for (const std::string &folder : os::split_paths(certs_dir)) {
        const fs::path base(folder);
        std::error_code error;
        if (fs::is_directory(base / with_port, error)) return (base / with_port).string();
        if (port == https && fs::is_directory(base / with_port.substr(0, with_port.rfind(':')), error))
            return (base / with_port.substr(0, with_port.rfind(':'))).string();
    }
    return {};
}

Trust::Trust(const TlsOptions &options, const std::string &own_folder)
    : context_(make_context(options)), insecure_(options.insecure) {
    SSL_CTX *context = context_->sslContext();
    SSL_CTX_set_ex_data(context, trust_index(), this);
    SSL_CTX_sess_set_new_cb(context, on_session);
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
        throw Error(FERRY_E_INVALID,
                    say("cannot use the client key {}: there is no client certificate with it", options.client_key));
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
            add_authorities(store, os::trust_places());
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

} // namespace ferry::net
