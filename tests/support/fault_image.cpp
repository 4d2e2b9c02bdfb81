#include "support/fault_image.h"

#include "support/compress.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace ferry::test {

namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context begin_sha256() {
    Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("no SHA-256");
    return context;
}

std::string end_sha256(const Context &context) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context.get(), bytes, &size);
    std::string text = "sha256:";
    for (unsigned i = 0; i < size; ++i) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

constexpr std::size_t block = 512;

// A tar's header of one file with all that follows.
std::string header_of_file(std::uint64_t size) {
    std::string header(block, '\0');
    const auto put = [&](std::size_t at, const char *format, unsigned long number) {
        char text[32];
        std::snprintf(text, sizeof text, format, number);
        header.replace(at, std::strlen(text), text);
    };
    header.replace(0, 7, "content");
    put(100, "%07lo", 0644);
    put(124, "%011lo", size);
    header[156] = '0';
    header.replace(148, 8, "        ");
    unsigned long sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(148, "%06lo", sum);
    header[154] = '\0';
    return header;
}

std::string content_of(std::uint64_t seed, const LayerSpec &spec) {
    std::mt19937_64 random(seed ^ spec.size << 8 ^ spec.variety);
    const std::uint64_t whole = spec.size ? std::max<std::uint64_t>(spec.size, block) : 0;
    std::string bytes = whole ? header_of_file(whole - block) : "";
    bytes.reserve(whole + 8);
    while (bytes.size() < whole) {
        if (bytes.size() / 1024 % 2) {
            bytes += "a layer ";
        } else {
            const std::uint64_t word = random();
            bytes.append(reinterpret_cast<const char *>(&word), sizeof word);
        }
    }
    bytes.resize(whole);
    return bytes;
}

std::string pack(const std::string &bytes, Packing packing) {
    switch (packing) {
    case Packing::plain: return bytes;
    case Packing::gzip: return gzip(bytes, nullptr, 1);
    case Packing::gzip_members: {
        const std::size_t half = bytes.size() / 2;
        return gzip(std::string_view(bytes).substr(0, half), nullptr, 1) +
               gzip(std::string_view(bytes).substr(half), nullptr, 1);
    }
    case Packing::zstd: {
        std::string out(ZSTD_compressBound(bytes.size()), '\0');
        const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
        if (ZSTD_isError(size)) throw std::runtime_error("zstd does not pack");
        out.resize(size);
        return out;
    }
    }
    return {};
}

const char *media_type(Packing packing) {
    switch (packing) {
    case Packing::plain: return "application/vnd.oci.image.layer.v1.tar";
    case Packing::zstd: return "application/vnd.oci.image.layer.v1.tar+zstd";
    default: return "application/vnd.oci.image.layer.v1.tar+gzip";
    }
}

std::string descriptor(const std::string &type, const std::string &digest, std::size_t size) {
    return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + digest + "\",\"size\":" + std::to_string(size) + "}";
}

} // namespace

std::string sha256(std::string_view bytes) {
    const Context context = begin_sha256();
    EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
    return end_sha256(context);
}

std::string sha256_of_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path);
    const Context context = begin_sha256();
    std::vector<char> buffer(256 << 10);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount())
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
    return end_sha256(context);
}

std::uint64_t FaultImage::transfer() const {
    std::uint64_t size = 0;
    for (const auto &[digest, bytes] : blobs)
        if (digest != config_digest) size += bytes.size();
    return size;
}

FaultImage make_image(std::uint64_t seed, const std::vector<LayerSpec> &layers) {
    FaultImage image;
    std::string descriptors, diff_ids;
    for (const LayerSpec &spec : layers) {
        const std::string content = content_of(seed, spec);
        std::string blob = pack(content, spec.packing);
        FaultImage::Layer layer{sha256(blob), sha256(content)};
        descriptors +=
            (descriptors.empty() ? "" : ",") + descriptor(media_type(spec.packing), layer.digest, blob.size());
        diff_ids += (diff_ids.empty() ? "\"" : ",\"") + layer.diff_id + "\"";
        image.blobs[layer.digest] = std::move(blob);
        image.layers.push_back(std::move(layer));
    }
    const std::string config = "{\"created\":\"2024-05-01T10:00:00Z\",\"architecture\":\"amd64\",\"os\":\"linux\","
                               "\"config\":{\"Cmd\":[\"/bin/seed-" +
                               std::to_string(seed) + "\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + diff_ids +
                               "]},\"history\":[]}";
    image.config_digest = sha256(config);
    image.manifest = "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":" +
                     descriptor("application/vnd.oci.image.config.v1+json", image.config_digest, config.size()) +
                     ",\"layers\":[" + descriptors + "]}";
    image.manifest_digest = sha256(image.manifest);
    image.blobs[image.config_digest] = config;
    return image;
}

std::vector<LayerSpec> random_layers(std::mt19937_64 &random, std::size_t most, std::uint64_t largest) {
    std::vector<LayerSpec> layers;
    const std::size_t count = 1 + random() % most;
    for (std::size_t i = 0; i < count; ++i) {
        // Many are small, as in life; one in eight repeats the one before.
        if (!layers.empty() && random() % 8 == 0) {
            layers.push_back(layers.back());
            continue;
        }
        const std::uint64_t size = random() % 4 ? random() % (largest / 4) : random() % (largest + 1);
        layers.push_back({static_cast<Packing>(random() % 4), size, static_cast<unsigned>(i)});
    }
    return layers;
}

} // namespace ferry::test
