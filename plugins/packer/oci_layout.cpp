#include "oci_layout.h"

#include "go_json.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/media_types.hpp>

#include <Poco/SHA2Engine.h>

namespace packer {

namespace {

void write_platform(GoWriter &out, std::string_view platform) {
    constexpr std::size_t most = 3; // what follows the second slash is all of the variant
    std::vector<std::string_view> parts = ferry::kit::split(platform, "/");
    if (parts.size() < 2) return;
    out.name("platform").begin_object().member("architecture", parts[1]).member("os", parts[0]);
    if (parts.size() >= most) out.member("variant", platform.substr(parts[0].size() + parts[1].size() + 2));
    out.end_object();
}

} // namespace

std::string_view algorithm_of(std::string_view digest) noexcept {
    return digest.substr(0, digest.find(':'));
}

std::string_view hex_of(std::string_view digest) noexcept {
    const std::size_t colon = digest.find(':');
    return colon == digest.npos ? digest : digest.substr(colon + 1);
}

std::string sha256_digest(std::string_view bytes) {
    Poco::SHA2Engine engine(Poco::SHA2Engine::SHA_256);
    engine.update(bytes.data(), bytes.size());
    return "sha256:" + Poco::DigestEngine::digestToHex(engine.digest());
}

std::string blob_path(std::string_view digest) {
    return "blobs/" + std::string(algorithm_of(digest)) + '/' + std::string(hex_of(digest));
}

std::string index_json(const std::vector<IndexEntry> &entries) {
    GoWriter out;
    out.begin_object().name("schemaVersion").natural(2).member("mediaType", ferry::kit::oci_index);
    out.name("manifests").begin_array();
    for (const IndexEntry &entry : entries) {
        out.begin_object().member("mediaType", entry.media_type).member("digest", entry.digest);
        out.name("size").natural(entry.size);
        if (!entry.name.empty()) {
            out.name("annotations").begin_object().member("io.containerd.image.name", entry.name);
            out.member("org.opencontainers.image.ref.name", entry.ref).end_object();
        }
        write_platform(out, entry.platform);
        out.end_object();
    }
    out.end_array().end_object();
    return out.text();
}

} // namespace packer
