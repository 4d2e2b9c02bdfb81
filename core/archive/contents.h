// What one archive holds, as a registry would offer it: manifests, blobs by digest and where they are, names.
//
// Reads OCI layouts (ferry -f oci and docker, docker save since 25, podman, skopeo oci-archive) and the classic docker
// save (ferry -f synology, docker save up to 24, skopeo docker-archive, crane). A classic archive has no manifest: it
// is made of the config and the layers, always the same for the same ones (Docker Image Manifest V2, Schema 2).
// Pure over the File seam; nothing is unpacked to the disk.
#pragma once

#include "core/archive/image_names.h"
#include "core/archive/stored.h"
#include "core/image/manifest.h"
#include "core/os/file.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ferry::core {

struct Contents {
    std::map<std::string, StoredBlob> blobs; // by digest; whether the bytes have it is not yet known
    std::map<std::string, StoredManifest> manifests;
    std::vector<StoredName> names;
};

// `stem` is the file's name without its ending: what an image without a name is called. Manifests and configs are
// verified here, and layers that lie compressed in a classic archive; all other blobs are not read. `alive` is called
// now and then and may throw to stop. Throws Error(integrity) on an archive that is damaged, incomplete or hostile;
// not_found on one that holds no images.
Contents read_contents(
    File &file, const std::string &stem, const std::function<void()> &alive = [] {});

// Throws Error(integrity), naming the file, unless the blob's bytes have the digest.
void verify_blob(File &file, const StoredBlob &blob, const std::string &digest, const std::function<void()> &alive);

} // namespace ferry::core
