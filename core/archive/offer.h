// What a set of archives offers under repository names: which manifest a tag means, which blob is where. Pure; made
// anew when an archive comes, goes or changes, and never changed. [any-thread]
#pragma once

#include "core/archive/contents.h"

#include <memory>
#include <optional>

namespace ferry::core {

struct StoredArchive {
    std::string name; // of the file, for messages
    std::string path;
    FileState state;
    Contents contents;
    std::shared_ptr<File> unpacked; // what the places lie in, where the archive itself is compressed; else null
};

// Of the manifests that archives hold under one tag: the newest. Where that is of one platform, and others hold other
// platforms, a new index of the newest of each, so that `-a amd64` and `-a arm64` in one folder serve both.
struct TagChoice {
    std::string digest;
    std::string index; // the new index's bytes; empty where the tag means a manifest that is there
    std::string media_type;
};
struct TagCandidate {
    std::string digest;
    const StoredManifest *manifest;
    std::int64_t modified_ns;
};
TagChoice choose_tag(std::vector<TagCandidate> candidates);

class Offer {
public:
    explicit Offer(std::vector<std::shared_ptr<const StoredArchive>> archives);

    struct Manifest {
        std::string media_type;
        const std::string *json; // lives as long as the offer
        bool is_index = false;
    };
    struct Blob {
        std::shared_ptr<const StoredArchive> archive;
        StoredBlob place;
    };
    class Repository {
    public:
        // Digests by tag, in the order of the tags.
        const std::map<std::string, std::string> &tags() const noexcept { return tags_; }
        const Manifest *manifest(const std::string &digest) const;
        const Blob *blob(const std::string &digest) const;

    private:
        friend class Offer;
        std::map<std::string, std::string> tags_;
        std::map<std::string, Manifest> manifests_;
        std::map<std::string, Blob> blobs_;
    };

    const std::vector<std::shared_ptr<const StoredArchive>> &archives() const noexcept { return archives_; }
    // In the order of their names.
    const std::map<std::string, Repository> &repositories() const noexcept { return repositories_; }
    // By its name, or another by which clients know it: library/debian and docker.io/library/debian are debian, u/app
    // is ghcr.io/u/app where no other has that path. `ns` is the host that a mirror is asked for (containerd's ?ns=),
    // or empty.
    const Repository *find(const std::string &name, const std::string &ns = {}) const;
    // The manifest for linux/amd64 in an index, or the first, for clients that read no index.
    const Manifest *plain(const Repository &repository, const Manifest &index) const;

private:
    std::vector<std::shared_ptr<const StoredArchive>> archives_;
    std::map<std::string, Repository> repositories_;
    std::map<std::string, std::string> aliases_; // empty: more than one repository would have it
    std::vector<std::unique_ptr<std::string>> made_;
};

} // namespace ferry::core
