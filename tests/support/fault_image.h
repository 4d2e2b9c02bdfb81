// Images made for a test: everything follows from a seed, so that a failure can be made again.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace ferry::test {

enum class Packing { plain, gzip, gzip_members, zstd };

struct LayerSpec {
    Packing packing = Packing::gzip;
    std::uint64_t size = 0; // bytes unpacked; of a tar, so that from 1 to 511 are 512
    unsigned variety = 0;   // two layers of the same packing, size and variety are the same blob
};

// What a registry holds for one tag.
struct FaultImage {
    struct Layer {
        std::string digest; // of the blob
        std::string diff_id;
    };
    std::string manifest;
    std::string manifest_digest;
    std::string config_digest;
    std::vector<Layer> layers;
    std::map<std::string, std::string> blobs; // by digest; the config, too

    // Bytes of the layers' blobs, each counted once.
    std::uint64_t transfer() const;
};

// A layer is a tar whose one file lacks its padding and the end: every second KiB is random and cannot be packed, the
// rest is text.
FaultImage make_image(std::uint64_t seed, const std::vector<LayerSpec> &layers);

// From one to `most` layers of all packings, the largest of about `largest` bytes.
std::vector<LayerSpec> random_layers(std::mt19937_64 &random, std::size_t most, std::uint64_t largest);

// "sha256:" and 64 digits.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::string &path);

} // namespace ferry::test
