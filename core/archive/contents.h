// What one archive holds, as a registry would offer it: manifests, blobs by digest and where they are, names.
//
// Reads OCI layouts (ferry -f oci and docker, docker save since 25, podman, skopeo oci-archive) and the classic docker
// save (ferry -f synology, docker save up to 24, skopeo docker-archive, crane). A classic archive has no manifest: it
// is made of the config and the layers, always the same for the same ones (Docker Image Manifest V2, Schema 2).
// Pure over the File seam; nothing is unpacked to the disk.
#pragma once

#include "core/image/manifest.h"
#include "core/os/file.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ferry::core {

struct StoredBlob {
    std::uint64_t offset = 0; // in the archive
    std::uint64_t size = 0;
};

struct StoredManifest {
    std::string media_type;
    std::string json;
    bool is_index = false;
    Platform platform; // of an image; empty for an index, and where nobody says
};

struct StoredName {
    std::string repository; // as `ferry serve` offers it: debian, ghcr.io/a/b
    std::string tag;
    std::string digest; // of a manifest here
    bool operator==(const StoredName &) const = default;
};

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

// The repository that an archive's name for an image becomes (pure): without docker.io, library/, localhost, and
// without a host that has a port, which no repository can have in it. False for what is no name.
bool stored_name(const std::string &name, std::string &repository, std::string &tag);

} // namespace ferry::core
