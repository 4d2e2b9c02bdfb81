#include "core/base/digest.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <openssl/evp.h>

namespace ferry::core {

namespace {

struct Algorithm {
    std::string_view prefix;
    std::size_t hex_size;
    const EVP_MD *(*md)();
};

constexpr Algorithm algorithms[] = {{"sha256:", 64, EVP_sha256}, {"sha512:", 128, EVP_sha512}};

const Algorithm *algorithm_of(std::string_view digest) noexcept {
    for (const Algorithm &a : algorithms)
        if (digest.substr(0, a.prefix.size()) == a.prefix) return &a;
    return nullptr;
}

} // namespace

bool valid_digest(std::string_view text) noexcept {
    const Algorithm *algorithm = algorithm_of(text);
    if (!algorithm) return false;
    const std::string_view hex = text.substr(algorithm->prefix.size());
    return hex.size() == algorithm->hex_size && hex.find_first_not_of("0123456789abcdef") == hex.npos;
}

std::string_view digest_hex(std::string_view digest) noexcept {
    const auto colon = digest.find(':');
    return colon == digest.npos ? digest : digest.substr(colon + 1);
}

struct Hasher::State {
    const Algorithm *algorithm;
    EVP_MD_CTX *context;
    ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(std::string_view like) {
    const Algorithm *algorithm = like.empty() ? &algorithms[0] : algorithm_of(like);
    if (!algorithm)
        throw Error(Kind::integrity, say("the digest '{}' is of an unknown algorithm", like),
                    say("ferry verifies sha256 and sha512"));
    state_.reset(new State{algorithm, EVP_MD_CTX_new()});
    if (!state_->context || EVP_DigestInit_ex(state_->context, algorithm->md(), nullptr) != 1)
        throw Error(Kind::other, say("OpenSSL offers no {}", algorithm->prefix.substr(0, 6)));
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher &&) noexcept = default;
Hasher &Hasher::operator=(Hasher &&) noexcept = default;

void Hasher::update(const void *data, std::size_t size) {
    if (EVP_DigestUpdate(state_->context, data, size) != 1) throw Error(Kind::other, say("OpenSSL failed to hash"));
}

std::string Hasher::finish() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(state_->context, bytes, &size) != 1) throw Error(Kind::other, say("OpenSSL failed to hash"));
    static const char hex[] = "0123456789abcdef";
    std::string text(state_->algorithm->prefix);
    for (unsigned int i = 0; i < size; ++i) {
        text += hex[bytes[i] >> 4];
        text += hex[bytes[i] & 15];
    }
    return text;
}

std::string digest_of(std::string_view bytes, std::string_view like) {
    Hasher hasher(like);
    hasher.update(bytes.data(), bytes.size());
    return hasher.finish();
}

} // namespace ferry::core
