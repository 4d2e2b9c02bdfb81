// The layout of `docker save` since Docker 25: an OCI image layout that also has manifest.json and repositories.
// Layers stay as the registry sent them, but for zstd, which Docker before 23 cannot read: those are unpacked and the
// manifest is rewritten to match.
//
//     oci-layout index.json manifest.json repositories
//     blobs/sha256/<hex>    manifests, configs and layers
//
// Sources: OCI image-spec 1.1, image-layout.md and annotations.md; moby 25, image/tarexport/save.go.

#include "docker_image.h"
#include "docker_manifest.h"
#include "oci_layout.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/image_name.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace {

using namespace packer;
using ferry::kit::Json, ferry::kit::JsonError, ferry::kit::JsonEscapes, ferry::kit::JsonWriter, ferry::kit::same_field;

// OCI writes "+zstd", the Docker form of the same is ".zstd".
bool is_zstd(const ferry_blob &layer) noexcept {
    const std::string_view type = ferry::view(layer.media_type);
    return ferry::kit::ends_with(type, "+zstd") || ferry::kit::ends_with(type, ".zstd");
}

std::string label(const ferry_image &image) {
    const std::string tag = ferry::str(image.tag);
    return ferry::str(image.repository) + (tag.empty() ? "" : ':' + tag);
}

// A manifest as it goes into the archive.
struct Manifest {
    std::string json;
    std::string digest;
    bool rewritten = false;
    bool final = true; // false: still without the unpacked sizes
};

// The descriptor as it is, but for what the unpacked layer has otherwise.
void write_unpacked(JsonWriter &out, const Json &descriptor, const ferry_blob &layer) {
    std::string type = ferry::str(layer.media_type);
    type.resize(type.size() - (sizeof "+zstd" - 1));
    const std::uint64_t size = layer.unpacked_size == FERRY_SIZE_UNKNOWN ? 0 : layer.unpacked_size;
    const std::optional<Json> old[] = {descriptor.find("mediaType"), descriptor.find("digest"),
                                       descriptor.find("size")};
    const auto write = [&](int which) {
        if (which == 0) out.string(type);
        if (which == 1) out.string(ferry::view(layer.diff_id));
        if (which == 2) out.natural(size);
    };
    out.begin_object();
    for (const auto &[name, value] : descriptor.members()) {
        out.name(name);
        int which = 0;
        while (which < 3 && !(old[which] && old[which]->same_place(value))) ++which;
        if (which < 3) {
            write(which);
        } else if (same_field("annotations", name) && value.is(Json::Kind::object)) {
            // These describe the packed bytes. A reader that trusts them fails on the unpacked ones.
            out.begin_object();
            for (const auto &[key, text] : value.members())
                if (key.rfind("io.github.containers.zstd-", 0) != 0) out.name(key).value(text);
            out.end_object();
        } else {
            out.value(value);
        }
    }
    static constexpr const char *names[] = {"mediaType", "digest", "size"};
    for (int which = 0; which < 3; ++which) {
        if (old[which]) continue;
        out.name(names[which]);
        write(which);
    }
    out.end_object();
}

Manifest manifest_of(const ferry_image &image) {
    Manifest made{ferry::str(image.manifest_json), ferry::str(image.manifest.digest)};
    const ferry_blob *const end = image.layers + image.layer_count;
    if (std::none_of(image.layers, end, is_zstd)) return made;

    JsonWriter out(JsonEscapes::html);
    try {
        const Json document = Json::parse(made.json);
        const auto layers = document.find("layers");
        if (!layers || layers->items().size() != image.layer_count)
            throw ferry::Error(FERRY_E_PROTOCOL, ferry::say("the manifest of {} ({}) does not list the image's layers",
                                                            label(image), made.digest));
        out.begin_object();
        for (const auto &[name, value] : document.members()) {
            out.name(name);
            if (!value.same_place(*layers)) {
                out.value(value);
                continue;
            }
            out.begin_array();
            const ferry_blob *layer = image.layers;
            for (const Json &descriptor : layers->items()) {
                if (is_zstd(*layer)) {
                    write_unpacked(out, descriptor, *layer);
                    if (layer->unpacked_size == FERRY_SIZE_UNKNOWN) made.final = false;
                } else {
                    out.value(descriptor);
                }
                ++layer;
            }
            out.end_array();
        }
        out.end_object();
    } catch (const JsonError &e) {
        throw ferry::Error(FERRY_E_PROTOCOL,
                           ferry::say("the manifest of {} ({}) is not readable: {}", label(image), made.digest, e.why));
    }
    made.json = std::move(out).text();
    made.digest = sha256_digest(made.json);
    made.rewritten = true;
    return made;
}

// The descriptors of an image in index.json: one for each of its names.
void add_entries(const ferry_image &image, const Manifest &manifest, std::vector<IndexEntry> &index) {
    const IndexEntry entry{ferry::str(image.manifest.media_type),
                           manifest.digest,
                           manifest.json.size(),
                           {},
                           {},
                           ferry::str(image.platform)};
    if (image.name_count == 0) index.push_back(entry);
    for (std::size_t i = 0; i < image.name_count; ++i) {
        const ferry::kit::ImageName name = ferry::kit::split_image_name(ferry::view(image.names[i]));
        index.push_back(entry);
        index.back().name = name.full();
        index.back().ref = name.tag;
    }
}

// The blobs of the archive, each once.
class Blobs {
public:
    explicit Blobs(ferry::Plan &out) : out_(out) {}

    void add(const ferry_image &image, const Manifest &manifest) {
        if (const std::string path = blob_path(manifest.digest); is_new(path)) {
            if (manifest.rewritten) {
                out_.late(path, manifest.json);
            } else {
                out_.file(path, manifest.json);
            }
        }
        if (const std::string path = blob_path(ferry::view(image.config.digest)); is_new(path))
            out_.file(path, ferry::view(image.config_json));
    }

    // Returns where the layer is.
    std::string add(const ferry_blob &layer) {
        const std::string_view digest = ferry::view(layer.digest);
        const std::string path = blob_path(is_zstd(layer) ? ferry::view(layer.diff_id) : digest);
        if (is_new(path)) {
            if (is_zstd(layer)) {
                out_.unpacked(path, digest);
            } else {
                out_.blob(path, digest);
            }
        }
        return path;
    }

private:
    bool is_new(const std::string &path) { return placed_.insert(path).second; }

    ferry::Plan &out_;
    std::set<std::string> placed_;
};

void plan(const ferry::Images &images, const ferry::Config &, const ferry::Op &op, ferry::Plan &out) {
    out.directory("blobs");
    out.directory("blobs/sha256");

    DockerManifest docker;
    Blobs blobs(out);
    std::set<std::string> seen;
    std::vector<IndexEntry> entries;
    bool late = false;
    for (const ferry_image &image : images) {
        require_docker_config(image, op);
        const Manifest manifest = manifest_of(image);
        late = late || manifest.rewritten;
        blobs.add(image, manifest);
        std::vector<std::string> paths;
        for (std::size_t i = 0; i < image.layer_count; ++i) paths.push_back(blobs.add(image.layers[i]));
        const std::string key = ferry::str(image.manifest.digest);
        docker.add(key, image, blob_path(ferry::view(image.config.digest)), paths,
                   image.layer_count ? hex_of(ferry::view(image.layers[image.layer_count - 1].diff_id)) : "");
        add_entries(image, manifest, entries);
        if (manifest.rewritten && manifest.final && seen.insert(key).second)
            op.warn(ferry::say("{}: its zstd layers are stored unpacked, because Docker before 23 cannot read them; "
                               "the manifest's digest changes from {} to {}",
                               label(image), key, manifest.digest));
    }
    const std::string index = index_json(entries);

    out.file("oci-layout", oci_layout);
    if (late) {
        out.late("index.json", index);
    } else {
        out.file("index.json", index);
    }
    out.file("manifest.json", docker.manifest_json());
    if (const std::string repositories = docker.repositories(); !repositories.empty())
        out.file("repositories", repositories);
}

constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar", FERRY_PACKER_MANY_IMAGES);

} // namespace

FERRY_PLUGIN("docker", "1.0.0",
             "docker save archive with the registry's own blobs: smallest, for docker and podman load", "ferry",
             nullptr, FERRY_PACKER_V1, table)
