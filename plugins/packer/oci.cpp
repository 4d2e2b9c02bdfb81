// A pure OCI image layout as one tar: any number of images and platforms, nothing changed, so that every digest of the
// registry holds in the archive, that of the index included. For archives, `ferry serve`, podman and skopeo; docker
// load takes it only with the containerd image store.
//
//     oci-layout index.json
//     blobs/<algorithm>/<hex>    indexes, manifests, configs and layers as the registry has them
//
// Source: OCI image-spec 1.1, image-layout.md and annotations.md.

#include "oci_layout.h"

#include <ferry/kit/image_name.hpp>
#include <ferry/packer.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace {

using namespace packer;

// What index.json points to: an index, or the manifest of an image that was pulled alone.
struct Root {
    ferry_blob blob;
    std::string platform; // of a manifest
    std::vector<std::string> names;
};

// Pushes each path once.
class Blobs {
public:
    explicit Blobs(ferry::Plan &out) : out_(out) {}

    void bytes(const ferry_blob &blob, std::string_view content) {
        if (const std::string path = fresh(blob); !path.empty()) out_.file(path, content);
    }
    void blob(const ferry_blob &blob) {
        if (const std::string path = fresh(blob); !path.empty()) out_.blob(path, ferry::view(blob.digest));
    }

private:
    std::string fresh(const ferry_blob &blob) {
        const std::string path = blob_path(ferry::view(blob.digest));
        if (const std::string folder = path.substr(0, path.rfind('/')); folders_.insert(folder).second)
            out_.directory(folder);
        return placed_.insert(path).second ? path : std::string();
    }

    ferry::Plan &out_;
    std::set<std::string> placed_, folders_;
};

std::vector<Root> roots_of(const ferry::Images &images) {
    std::vector<Root> roots;
    std::map<std::string, std::size_t> places;
    for (const ferry_image &image : images) {
        const bool indexed = FERRY_HAS(&image, index_count) && image.index_count != 0;
        const ferry_blob &blob = indexed ? image.indexes[0].blob : image.manifest;
        const auto [place, added] = places.emplace(ferry::str(blob.digest), roots.size());
        if (added) roots.push_back({blob, indexed ? std::string() : ferry::str(image.platform), {}});
        std::vector<std::string> &names = roots[place->second].names;
        for (std::size_t i = 0; i < image.name_count; ++i) {
            const ferry::kit::ImageName name = ferry::kit::split_image_name(ferry::view(image.names[i]));
            std::string text = name.repository + ':' + name.tag;
            if (std::find(names.begin(), names.end(), text) == names.end()) names.push_back(std::move(text));
        }
    }
    return roots;
}

std::string index_of(const std::vector<Root> &roots) {
    // Readers find an image by its tag alone (skopeo: oci-archive:FILE:TAG), as long as that names one image.
    std::map<std::string, int> tags;
    for (const Root &root : roots)
        for (const std::string &name : root.names) ++tags[ferry::kit::split_image_name(name).tag];
    std::vector<IndexEntry> entries;
    for (const Root &root : roots) {
        const IndexEntry entry{
            ferry::str(root.blob.media_type), ferry::str(root.blob.digest), root.blob.size, {}, {}, root.platform};
        if (root.names.empty()) entries.push_back(entry);
        for (const std::string &text : root.names) {
            const ferry::kit::ImageName name = ferry::kit::split_image_name(text);
            entries.push_back(entry);
            entries.back().name = name.full();
            entries.back().ref = tags[name.tag] == 1 ? name.tag : name.full();
        }
    }
    return index_json(entries);
}

void plan(const ferry::Images &images, const ferry::Config &, const ferry::Op &, ferry::Plan &out) {
    out.file("oci-layout", oci_layout);
    out.file("index.json", index_of(roots_of(images)));
    out.directory("blobs");
    Blobs blobs(out);
    for (const ferry_image &image : images) {
        if (FERRY_HAS(&image, index_count))
            for (std::size_t i = 0; i < image.index_count; ++i)
                blobs.bytes(image.indexes[i].blob, ferry::view(image.indexes[i].json));
        blobs.bytes(image.manifest, ferry::view(image.manifest_json));
        blobs.bytes(image.config, ferry::view(image.config_json));
        for (std::size_t i = 0; i < image.layer_count; ++i) blobs.blob(image.layers[i]);
    }
}

constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar", FERRY_PACKER_MANY_IMAGES | FERRY_PACKER_MANY_PLATFORMS);

} // namespace

FERRY_PLUGIN("oci", "1.0.0", "OCI image layout, unchanged, any number of platforms: for archives and ferry serve",
             "ferry", nullptr, FERRY_PACKER_V1, table)
