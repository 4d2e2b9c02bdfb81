#include "core/image/manifest.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"

#include <ferry/kit/base64.hpp>
#include <ferry/kit/dates.hpp>
#include <ferry/kit/error_document.hpp>
#include <ferry/kit/media_types.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <iterator>

namespace ferry::core {

using kit::docker_config, kit::docker_list, kit::docker_manifest, kit::docker_schema1;
using kit::oci_config, kit::oci_index, kit::oci_manifest;

const std::vector<std::string> &manifest_accept_types() {
    static const std::vector<std::string> types = {std::string(oci_index), std::string(docker_list),
                                                   std::string(oci_manifest), std::string(docker_manifest)};
    return types;
}

const std::string manifest_accept = [] {
    std::string list;
    for (const std::string &type : manifest_accept_types()) list += (list.empty() ? "" : ", ") + type;
    return list;
}();

namespace {

constexpr std::size_t most_urls = 16; // of a foreign layer: each may be asked; real ones have one or two

bool is_image_config(std::string_view type) {
    return type == oci_config || type == docker_config;
}

// What old registries and pushes wrote where they knew nothing better, and docker takes for an image
// (distribution#1621, moby distribution/config.go).
bool is_guessed_type(std::string_view type) {
    return type.empty() || type == "application/octet-stream" || type == "application/json" || type == "text/html";
}

Descriptor parse_descriptor(const Json &json, const Text &what) {
    Descriptor d;
    d.digest = json.at("digest").string();
    if (!valid_digest(d.digest)) throw Error(Kind::integrity, say("{} holds the invalid digest '{}'", what, d.digest));
    d.media_type = json.string("mediaType");
    if (const auto size = json.find("size")) d.size = size->size(); // absent is 0, as for Go's readers
    for (const Json &url : json.list("urls"))
        if (d.urls.size() < most_urls) d.urls.push_back(url.string());
    // What cannot be read is fetched.
    if (const std::string data = json.string("data"); !data.empty()) d.data = kit::base64_decode(data).value_or("");
    return d;
}

// Returns whether the platform wants features that a plain system does not have. Those of Windows are no reason to
// take another image: "win32k" stands there with most.
bool read_platform(const Json &json, Platform &platform) {
    platform = {json.string("os"), json.string("architecture"), json.string("variant")};
    if (platform.os == "windows") return false;
    for (const Json &feature : json.list("os.features"))
        if (!feature.string().empty()) return true;
    return false;
}

Index parse_index(const Json &json, std::string_view content_type, const Text &what) {
    Index index;
    index.media_type = json.string("mediaType");
    if (index.media_type.empty()) {
        const std::string_view sent = content_type.substr(0, content_type.find(';'));
        index.media_type = std::string(sent == docker_list ? docker_list : oci_index);
    }
    for (const Json &item : json.list("manifests")) {
        Index::Entry entry;
        entry.descriptor = parse_descriptor(item, what);
        if (const auto platform = item.find("platform")) entry.special = read_platform(*platform, entry.platform);
        if (const std::string artifact = item.string("artifactType"); !artifact.empty())
            entry.special |= !is_image_config(artifact);
        entry.is_index = entry.descriptor.media_type == oci_index || entry.descriptor.media_type == docker_list;
        entry.attestation = entry.platform.os == "unknown" || entry.platform.architecture == "unknown";
        if (const auto annotations = item.find("annotations"))
            if (const auto type = annotations->entry("vnd.docker.reference.type"))
                entry.attestation |= type->string() == "attestation-manifest";
        index.entries.push_back(std::move(entry));
    }
    return index;
}

Manifest parse_image_manifest(const Json &json, std::string_view content_type, const Text &what, Artifacts artifacts) {
    Manifest manifest;
    manifest.media_type = json.string("mediaType");
    manifest.config = parse_descriptor(json.at("config"), what);
    const std::string artifact = json.string("artifactType");
    const std::string &config_type = manifest.config.media_type;
    // The config decides: an image may carry an artifactType besides.
    manifest.artifact = !is_image_config(config_type) && (!artifact.empty() || !is_guessed_type(config_type));
    if (manifest.artifact && artifacts == Artifacts::refused)
        throw Error(
            Kind::not_found,
            say("{} is no container image but an artifact of type {}", what, artifact.empty() ? config_type : artifact),
            say("ferry packs container images; helm charts, signatures and the like need their own tool"));
    for (const Json &layer : json.list("layers")) {
        manifest.layers.push_back(parse_descriptor(layer, what));
        // Signatures and attestations of cosign and buildx bear the config type of an image; their layers are
        // documents.
        const std::string_view type = manifest.layers.back().media_type;
        if (type.size() <= 5 || type.substr(type.size() - 5) != "+json") continue;
        manifest.artifact = true;
        if (artifacts == Artifacts::refused)
            throw Error(Kind::not_found, say("{} is no container image but a document of type {}", what, type),
                        say("ferry packs container images; signatures, attestations and the like need their own tool"));
    }
    if (manifest.media_type.empty()) {
        const std::string_view sent = content_type.substr(0, content_type.find(';'));
        manifest.media_type = std::string(sent == docker_manifest || sent == oci_manifest ? sent
                                          : config_type == docker_config                  ? docker_manifest
                                                                                          : oci_manifest);
    }
    return manifest;
}

} // namespace

std::variant<Index, Manifest> parse_manifest(std::string_view body, std::string_view content_type, const Text &what,
                                             Artifacts artifacts, Kind blame) {
    const Json json = Json::parse(body, what, most_manifest_bytes, blame);
    // A document that is both would be one image here and another there (CVE-2021-41190).
    if (json.has("manifests") && (json.has("layers") || json.has("config")))
        throw Error(Kind::integrity,
                    say("{} is a manifest and an index at once, which is how images are disguised", what));
    if (json.has("manifests")) return parse_index(json, content_type, what);
    // Of an image without layers the list may be null, as Go writes an empty one, or absent.
    if (json.has("config")) return parse_image_manifest(json, content_type, what, artifacts);
    if (json.has("fsLayers") || json.has("signatures") ||
        content_type.substr(0, docker_schema1.size()) == docker_schema1)
        throw Error(Kind::not_found,
                    say("{} is in the old format schema 1 (application/vnd.docker.distribution.manifest.v1)", what),
                    say("ask its publisher to push it again with a current tool; no current engine reads schema 1"));
    if (const std::string type = json.string("mediaType"); type == oci_index || type == docker_list)
        return Index{type, {}}; // an index of nothing
    if (const std::string words = kit::error_document(body).words(); blame == Kind::network && !words.empty())
        throw Error(blame, say("{} is an error instead ({})", what, words));
    throw Error(blame, say("{} is neither a manifest nor an index", what));
}

bool is_schema1(std::string_view body, std::string_view content_type) {
    if (content_type.substr(0, docker_schema1.size()) == docker_schema1) return true;
    if (body.find("fsLayers") == body.npos) return false; // spares most bodies a second reading
    try {
        const Json json = Json::parse(body, "", most_manifest_bytes);
        return json.has("fsLayers") && !json.has("manifests") && !json.has("config");
    } catch (const Error &) {
        return false;
    }
}

ImageConfig parse_config(std::string_view body, const Text &what) {
    const Json json = Json::parse(body, what, most_manifest_bytes, Kind::integrity);
    ImageConfig config;
    config.platform = {json.string("os"), json.string("architecture"), json.string("variant")};
    if (config.platform.os.empty()) config.platform.os = "linux";
    if (const auto rootfs = json.find("rootfs"))
        for (const Json &id : rootfs->list("diff_ids")) {
            config.diff_ids.push_back(id.string());
            if (!valid_digest(config.diff_ids.back()))
                throw Error(Kind::integrity, say("{} holds the invalid diff_id '{}'", what, config.diff_ids.back()));
        }
    if (const auto created = json.find("created"))
        config.created = std::max<std::int64_t>(kit::parse_rfc3339(created->string()).value_or(0), 0);
    return config;
}

} // namespace ferry::core
