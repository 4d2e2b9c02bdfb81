// Unpacks a layer of whatever kind it is: gzip of one or several members (RFC 1952), zstd of one or several frames
// (RFC 8878), or plain. The kind is told from the first bytes: media types lie.
#pragma once

#include <ferry/text.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ferry::core {

enum class Packing { none, gzip, zstd, bzip2, xz };

// How packed bytes that begin like `head` are packed. Six bytes are enough.
Packing packing_of(std::string_view head) noexcept;

class Inflater {
public:
    // Stores up to `size` packed bytes and returns how many; 0 at the end.
    using Source = std::function<std::size_t(void *data, std::size_t size)>;

    // `what` names the layer in errors. Reads the first bytes at once. Throws Error(integrity) on a kind that no layer
    // may have (bzip2, xz).
    static std::unique_ptr<Inflater> open(Source source, const Text &what);

    virtual ~Inflater() = default;
    // Stores up to `size` unpacked bytes; 0 at the end. Throws Error(integrity) on damaged data. [one-thread]
    virtual std::size_t read(void *data, std::size_t size) = 0;
};

// More unpacked bytes than this are taken for an attack: ten GiB, or 200 times the packed size if that is more.
constexpr std::uint64_t unpacked_ceiling(std::uint64_t packed) {
    constexpr std::uint64_t least = std::uint64_t(10) << 30, ratio = 200;
    return packed > least / ratio ? packed * ratio : least;
}

} // namespace ferry::core
