// Content digests: the value, checked, and the streaming computation (OCI image-spec, descriptor.md#digests).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ferry::core {

// Is it sha256:<64 lower-case hex digits> or sha512:<128>? Only such a text may become part of a path or a URL.
bool valid_digest(std::string_view text) noexcept;

// The part behind the colon.
std::string_view digest_hex(std::string_view digest) noexcept;

// SHA-256 or SHA-512 over a stream (OpenSSL EVP). One thread at a time.
class Hasher {
public:
    // `like` is a digest whose algorithm is wanted; sha256 when empty. Throws Error on an unknown algorithm.
    explicit Hasher(std::string_view like = {});
    ~Hasher();
    Hasher(Hasher &&) noexcept;
    Hasher &operator=(Hasher &&) noexcept;

    void update(const void *data, std::size_t size);
    // The digest of all bytes so far, as algorithm:hex. The hasher is spent afterwards.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The digest of `bytes` by the algorithm of `like`.
std::string digest_of(std::string_view bytes, std::string_view like = {});

} // namespace ferry::core
