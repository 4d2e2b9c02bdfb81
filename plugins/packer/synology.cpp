// The classic layout of `docker save`, with unpacked layers: what Docker 1.10 to 29 and every Synology DSM import.
//
//     <sha256 of config>.json    the config, verbatim
//     <v1 id>/VERSION json layer.tar    for each layer; a layer that is there already is a symlink to it
//     manifest.json repositories
//
// Source: moby 20.10, image/tarexport/save.go.

#include "docker_image.h"
#include "docker_manifest.h"
#include "oci_layout.h"
#include "v1_image.h"

#include <algorithm>
#include <set>

namespace {

using namespace packer;

std::vector<V1Layer> layers_of(const ferry_image &image) {
    std::vector<std::string> diff_ids;
    for (std::size_t i = 0; i < image.layer_count; ++i) diff_ids.push_back(ferry::str(image.layers[i].diff_id));
    return v1_layers(ferry::view(image.config_json), diff_ids);
}

void plan(const ferry::Images &images, const ferry::Config &, const ferry::Op &op, ferry::Plan &out) {
    DockerManifest manifest;
    std::set<std::string> placed;                // configs and v1 ids
    std::map<std::string, std::string> layer_at; // diff_id -> v1 id of the directory that holds it

    for (const ferry_image &image : images) {
        require_docker_config(image, op);
        // As far as a ustar header can hold it.
        const std::int64_t created = std::clamp<std::int64_t>(image.created, 0, 077777777777);
        const std::string config = std::string(hex_of(ferry::view(image.config.digest))) + ".json";
        if (placed.insert(config).second) out.file(config, ferry::view(image.config_json), created);

        const std::vector<V1Layer> layers = layers_of(image);
        std::set<std::string> own;
        std::vector<std::string> paths;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const V1Layer &layer = layers[i];
            const std::string tar = layer.id + "/layer.tar";
            own.insert(layer.id);
            const auto [same, first] = layer_at.try_emplace(ferry::str(image.layers[i].diff_id), layer.id);
            const std::string &holder = same->second;
            // skopeo and podman measure only the layers that an image lists, so that a link to the layer of another
            // image has no size for them: then the image lists that layer itself.
            paths.push_back(own.count(holder) ? tar : holder + "/layer.tar");
            if (!placed.insert(layer.id).second) continue;
            out.directory(layer.id, created);
            out.file(layer.id + "/VERSION", "1.0", created);
            out.file(layer.id + "/json", layer.json, created);
            if (first) {
                out.unpacked(tar, ferry::view(image.layers[i].digest), created);
            } else {
                out.symlink(tar, "../" + holder + "/layer.tar", created);
            }
        }
        manifest.add(config, image, config, paths, layers.empty() ? std::string_view() : layers.back().id);
    }
    out.file("manifest.json", manifest.manifest_json());
    if (const std::string repositories = manifest.repositories(); !repositories.empty())
        out.file("repositories", repositories);
}

constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar", FERRY_PACKER_MANY_IMAGES);

} // namespace

FERRY_PLUGIN("synology", "1.0.0", "docker save archive with unpacked layers: loads in any Docker and on Synology DSM",
             "ferry", nullptr, FERRY_PACKER_V1, table)
