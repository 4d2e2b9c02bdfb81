// An OCI image layout: where its blobs are, and its index.json. The docker and oci formats are both such a layout.
// Source: OCI image-spec 1.1, image-layout.md and annotations.md. All functions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace packer {

// "sha256:ab12" is {"sha256", "ab12"}.
std::string_view algorithm_of(std::string_view digest) noexcept;
std::string_view hex_of(std::string_view digest) noexcept;

std::string sha256_digest(std::string_view bytes); // sha256:<hex>

// blobs/sha256/<hex>
std::string blob_path(std::string_view digest);

// The content of the file oci-layout.
constexpr const char *oci_layout = R"({"imageLayoutVersion":"1.0.0"})";

// One descriptor of index.json.
struct IndexEntry {
    std::string media_type;
    std::string digest;
    std::uint64_t size;
    std::string name = {}; // docker.io/library/debian:bookworm; empty: it has no annotations
    std::string ref = {};  // by which readers of layouts find it: the tag
    std::string platform;  // linux/arm64/v8; empty, or without an architecture: it is not written
};
std::string index_json(const std::vector<IndexEntry> &entries);

} // namespace packer
