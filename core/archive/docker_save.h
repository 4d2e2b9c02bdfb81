// The classic archive of `docker save` (up to Docker 24; ferry -f synology, skopeo docker-archive, crane):
// manifest.json names the config and the layer files of each image. It has no manifest for a registry, so one is made
// of the config and the layers, always the same for the same ones. Source: moby, image/tarexport; Docker Image Manifest
// V2, Schema 2.
#pragma once

#include "core/archive/stored.h"
#include "core/archive/tar_reader.h"
#include "core/base/json.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ferry::core {

// An image as manifest.json names it. Each part is read when it is asked for. All throw Error(integrity).
class SavedImage {
public:
    explicit SavedImage(Json item) : item_(std::move(item)) {}

    std::string config() const;              // the name of its file
    std::vector<std::string> layers() const; // the names of their files
    std::vector<std::string> tags() const;   // as they are written

private:
    Json item_;
};

// The images that a manifest.json names. Throws Error(integrity).
std::vector<SavedImage> saved_images(File &file, const TarMember &manifest);

// What the name of a config's file says of its digest: abcd...json, sha256:abcd... and blobs/sha256/abcd...; empty for
// other names.
std::string digest_in_name(std::string name);

// Makes manifests of images. One for all images of an archive: a layer that they share is read once.
class ManifestMaker {
public:
    // All must outlive it. `alive` is called now and then and may throw to stop.
    ManifestMaker(File &file, const TarIndex &tar, const std::function<void()> &alive)
        : file_(file), tar_(tar), alive_(alive) {}

    // Adds the blobs of the image to `blobs`. Layers that are compressed are read whole, since only that tells their
    // digest. Throws Error(integrity) where something is missing or is not what the config promises.
    StoredManifest manifest_of(const SavedImage &image, std::map<std::string, StoredBlob> &blobs);

private:
    struct Layer {
        std::string digest;
        std::uint64_t size = 0;
        enum class Form { plain, gzip, zstd } form = Form::plain;
    };
    [[noreturn]] void damaged(const Text &why) const;
    Layer layer_of(const std::string &name, const std::string &diff_id, std::map<std::string, StoredBlob> &blobs);
    std::string packed_digest(const TarMember &member, const std::string &diff_id);
    static std::string type_of(const Layer &layer, bool oci);

    File &file_;
    const TarIndex &tar_;
    const std::function<void()> &alive_;
    struct Packed {
        std::string digest, diff_id;
    };
    std::map<std::uint64_t, Packed> packed_; // by offset
};

} // namespace ferry::core
