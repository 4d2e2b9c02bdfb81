#include "cli/serve/tls.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <vector>

namespace ferry::cli {

namespace {

constexpr unsigned char handshake_record = 22; // RFC 8446 section 5.1

std::string last_reason() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, text.data(), text.size());
    ERR_clear_error();
    const char *reason = ERR_reason_error_string(code);
    return reason ? reason : text.data();
}

// An encrypted key would have OpenSSL ask the terminal.
int no_password(char *, int, int, void *) {
    return 0;
}

class Encrypted final : public Stream {
public:
    Encrypted(SSL *ssl, const Socket &socket) : ssl_(ssl, SSL_free), socket_(socket), plain_(plain_stream(socket)) {
        SSL_set_fd(ssl, static_cast<int>(socket.number()));
        SSL_set_accept_state(ssl);
    }

    Io begin() override {
        if (!seen_) {
            unsigned char first = 0;
            if (const Moved peeked = socket_.peek(first); peeked.io != Io::done) return peeked.io;
            seen_ = true;
            foreign_ = first != handshake_record;
        }
        if (foreign_) return Io::foreign;
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        return result == 1 ? Io::done : why(result);
    }

    Moved read(void *data, std::size_t size) override {
        if (foreign_) return plain_->read(data, size);
        std::size_t done = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(ssl_.get(), data, size, &done);
        return result == 1 ? Moved{Io::done, done} : Moved{why(result), 0};
    }

    Moved write(const void *data, std::size_t size, bool more) override {
        if (foreign_) return plain_->write(data, size, more);
        std::size_t done = 0;
        ERR_clear_error();
        const int result = SSL_write_ex(ssl_.get(), data, size, &done);
        return result == 1 ? Moved{Io::done, done} : Moved{why(result), 0};
    }

    Moved send_file(core::File &file, std::uint64_t offset, std::uint64_t size) override {
        if (foreign_) return plain_->send_file(file, offset, size);
        // What a full socket leaves over is read again, so that a connection holds no buffer while it waits.
        thread_local std::vector<char> buffer(128 << 10);
        const std::size_t got = file.read_at(offset, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
        Moved all{Io::ended, 0};
        while (all.bytes < got) {
            const Moved some = write(buffer.data() + all.bytes, got - all.bytes, false);
            if (some.io != Io::done) return all.bytes ? Moved{Io::done, all.bytes} : some;
            all = {Io::done, all.bytes + some.bytes};
        }
        return all;
    }

    void end_output() override {
        if (!foreign_ && SSL_is_init_finished(ssl_.get())) {
            ERR_clear_error();
            SSL_shutdown(ssl_.get());
        }
        socket_.end_output();
    }

private:
    Io why(int result) const {
        switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return Io::wants_read;
        case SSL_ERROR_WANT_WRITE: return Io::wants_write;
        default: return Io::ended;
        }
    }

    std::unique_ptr<SSL, void (*)(SSL *)> ssl_;
    const Socket &socket_;
    std::unique_ptr<Stream> plain_;
    bool seen_ = false, foreign_ = false;
};

} // namespace

struct Tls::State {
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX *)> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
};

Tls::Tls(const TlsFiles &files) : state_(std::make_unique<State>()) {
    SSL_CTX *context = state_->context.get();
    const auto check = [&](bool good) {
        if (!good)
            throw core::Error(core::Kind::usage,
                              say("the certificate {} and the key {} cannot be used: {}", files.certificate, files.key,
                                  last_reason()),
                              say("both are PEM files; the key belongs to the certificate and has no password"));
    };
    check(context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    check(SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) == 1 &&
          SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
          SSL_CTX_check_private_key(context) == 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

Tls::~Tls() = default;

std::unique_ptr<Stream> Tls::stream(const Socket &socket) const {
    SSL *ssl = SSL_new(state_->context.get());
    if (!ssl) throw std::bad_alloc();
    return std::make_unique<Encrypted>(ssl, socket);
}

} // namespace ferry::cli
