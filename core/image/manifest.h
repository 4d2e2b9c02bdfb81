// Manifests, indexes and configs as registries send them (OCI image-spec 1.1; Docker Image Manifest V2, Schema 2).
// Pure: bytes in, values out; the kind is told from the body, since registries get the Content-Type wrong.
#pragma once

#include "core/base/error.h"
#include "core/image/platform.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ferry::core {

// The media types that a manifest request accepts: all that parse_manifest understands, in one field.
extern const std::string manifest_accept;
// The same, a field for each type: registries before distribution 2.6 compare each field as a whole.
const std::vector<std::string> &manifest_accept_types();

constexpr std::size_t most_manifest_bytes = 4 << 20;

struct Descriptor {
    std::string digest;
    std::string media_type;
    std::uint64_t size = 0;
    std::vector<std::string> urls = {}; // of foreign layers
    std::string data = {};              // the bytes themselves, where they came along: not verified
};

struct Index {
    std::string media_type;
    struct Entry {
        Descriptor descriptor;
        Platform platform;        // empty os: the index does not say
        bool is_index = false;    // leads to another index
        bool attestation = false; // describes another entry; never an image
        // Has an artifactType, or wants features of the system that only some have (os.features, as nydus does): it may
        // be an image all the same, but another entry for the same platform comes first.
        bool special = false;
    };
    std::vector<Entry> entries;
};

struct Manifest {
    std::string media_type;
    Descriptor config;
    std::vector<Descriptor> layers;
    bool artifact = false; // no container image: a signature, a chart, an attestation of another kind
};

enum class Artifacts { refused, allowed };

// Is it a manifest of schema 1, which registries also send to those whose Accept they did not understand?
bool is_schema1(std::string_view body, std::string_view content_type);

// `what` names the manifest in errors ("the manifest of docker.io/library/nginx:latest"). Throws Error on schema 1, on
// artifacts that are no images where they are refused, and on anything malformed: then of kind `blame`, which is
// Kind::integrity for bytes that were verified against their digest.
std::variant<Index, Manifest> parse_manifest(std::string_view body, std::string_view content_type, const Text &what,
                                             Artifacts artifacts = Artifacts::refused, Kind blame = Kind::network);

struct ImageConfig {
    Platform platform; // linux where no os is named; an empty architecture: it does not say
    std::vector<std::string> diff_ids;
    std::int64_t created = 0; // seconds since 1970, 0 when absent
};

// `body` was verified: what is malformed is Error(integrity).
ImageConfig parse_config(std::string_view body, const Text &what);

} // namespace ferry::core
