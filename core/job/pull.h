// The orchestrator: from what the user asked for to archives on the disk.
//
//   references -> backend (normalize, endpoints) -> manifests -> platform -> images -> packer's plan -> archive
#pragma once

#include "core/os/disk.h"
#include "core/pack/outline.h"
#include "core/registry/access.h"
#include "core/transfer/events.h"

#include <functional>
#include <optional>

namespace ferry::core {

struct ListedImage {
    std::string image; // as written
    std::string place; // "images.txt, line 3"
};

struct PullRequest : AccessRequest {
    std::vector<std::string> images; // as typed
    // Those of a list. One of them that fails does not stop the others, unless all go into one archive.
    std::vector<ListedImage> listed;
    std::string platform = "amd64";
    std::string format = "synology";
    std::string output = "./output"; // folder
    std::string name;                // of the archive: empty for the rule, "-" to hand it to `out`
    // Takes the whole, verified archive, piece by piece; what it throws ends the pull, and the same one resumes.
    std::function<void(const void *, std::size_t)> out;
    std::string tag; // what the archive calls the image; empty: as typed
    bool dry_run = false;
    bool force = false; // nothing of an earlier run is used
    FetchRules fetch;
};

struct PackedImage {
    std::string name; // as the registry knows it
    std::string platform;
    std::string manifest; // digest
    std::string config;   // digest
    std::vector<Layer> layers;
    std::vector<std::string> names;
};

struct PulledArchive {
    std::string path; // "-" when it was handed to `out`
    std::string format;
    std::uint64_t size = 0;
    bool exact = true;          // of a dry run: the size is not a lower bound
    std::uint64_t transfer = 0; // bytes of blobs
    // All layers in the archive were unpacked and are what the config promises; else the digests of blobs were
    // compared.
    bool diff_ids_verified = false;
    std::vector<PackedImage> images;
    std::vector<std::string> entries; // of a dry run: what the archive would hold
};

class Pull {
public:
    // Loads the plugins that the request names. `disk` and `observer` must outlive it. Throws Error.
    Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer);

    // Makes every archive asked for, in turn, and hands each to `done` as soon as it stands. Throws the first failure;
    // those of listed images are handed to `failed` when they happen, and summed up in what is thrown at the end.
    void run(const Operation &operation, const std::function<void(const PulledArchive &)> &done,
             const std::function<void(const Error &)> &failed = {});

private:
    struct Wanted {
        std::string image;               // as the user wrote it
        std::string place;               // in a list; empty: typed
        std::optional<Error> unreadable; // else:
        Reference reference;
    };
    struct Target {
        std::string path;
        const Wanted *first;
        std::vector<std::pair<Image, std::shared_ptr<Repository>>> images;
        bool agrees = false; // with what the targets before say of their blobs
    };
    // One image, or all of an index with -a all.
    std::pair<std::vector<Image>, std::shared_ptr<Repository>> resolve(const Operation &operation,
                                                                       const Reference &typed);
    void want(std::string image, std::string place);
    // Brings an image into the target of its path, where it may be already.
    void add(std::vector<Target> &targets, const Wanted &wanted, std::vector<Image> images,
             const std::shared_ptr<Repository> &repository) const;
    // An archive with its plan, before anything of it is fetched.
    struct Prepared {
        const Wanted *first;
        ArchiveJob job;
        ArchiveOutline planned;
        PulledArchive result;
    };
    Prepared prepare(const Operation &operation, Target &&target) const;
    // Throws when the disk cannot take it besides what the folders need already.
    void check_disk(const Prepared &archive, std::map<std::string, std::uint64_t> &needs) const;
    void make(const Operation &operation, Prepared &archive) const;
    void hand_out(const Operation &operation, File &file, std::uint64_t size) const;
    std::string output_folder() const;
    std::string path_for(const Image &image) const;

    PullRequest request_;
    const Catalog &catalog_;
    Disk &disk_;
    Observer &observer_;
    bool all_platforms_ = false;
    Platform platform_; // unless all
    std::vector<Wanted> wanted_;
    std::unique_ptr<Packer> packer_;
    std::unique_ptr<Access> access_;
};

} // namespace ferry::core
