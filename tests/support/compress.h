// Layers as registries hold them: gzip by zlib, zstd by libzstd.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ferry::test {

// One gzip member. `name`: a file name in its header (RFC 1952, FNAME).
inline std::string gzip(std::string_view bytes, const char *name = nullptr, int level = 6) {
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib");
    std::string copy = name ? name : "";
    gz_header header{};
    header.os = 3;
    header.name = reinterpret_cast<Bytef *>(copy.data());
    if (name) deflateSetHeader(&stream, &header);
    std::string out(deflateBound(&stream, bytes.size()) + 64 + copy.size(), '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) throw std::runtime_error("zlib");
    return out;
}

struct ZstdShape {
    bool checksum = false;
    int window_log = 0; // 0: as the level wants
    bool sized = true;  // the frame says how long its content is
};

// One zstd frame.
inline std::string zstd(std::string_view bytes, ZstdShape shape = {}) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, shape.checksum);
    if (shape.window_log) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, shape.window_log);
    std::string out(ZSTD_compressBound(bytes.size()) + 64, '\0');
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    if (shape.sized)
        ZSTD_CCtx_setPledgedSrcSize(context, bytes.size());
    else
        ZSTD_compressStream2(context, &to, &from, ZSTD_e_continue);
    const std::size_t left = ZSTD_compressStream2(context, &to, &from, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    if (left != 0) throw std::runtime_error("zstd");
    out.resize(to.pos);
    return out;
}

// A skippable frame (RFC 8878 section 3.1.2) of that many bytes.
inline std::string skippable(std::uint32_t size, unsigned char kind = 0) {
    std::string out{static_cast<char>(0x50 + kind), 0x2a, 0x4d, 0x18};
    for (int i = 0; i < 4; ++i) out += static_cast<char>(size >> (8 * i));
    return out + std::string(size, 's');
}

// Bytes that do not compress, the same for the same seed.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
    std::string out(size, '\0');
    std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (char &c : out) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        c = static_cast<char>(state >> 32);
    }
    return out;
}

} // namespace ferry::test
