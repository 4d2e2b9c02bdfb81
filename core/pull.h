// The orchestrator: from what the user asked for to archives on the disk.
//
//   references -> backend (normalize, endpoints) -> manifests -> platform -> images -> packer's plan -> archive
#pragma once

#include "core/events.h"
#include "core/http/chain.h"
#include "core/pack/archive.h"

#include <functional>

namespace ferry::core {

struct PullRequest {
    std::vector<std::string> images; // as typed
    std::string platform = "amd64";
    std::string registry = "registry-1.docker.io";
    std::string format = "synology";
    std::string backend = "auto";
    std::vector<std::string> transports; // from the top down; empty: proxy where one is set, else direct
    std::string output = "./output";     // folder
    std::string name;                    // of the archive: empty for the rule, "-" to stream it
    std::string tag;                     // what the archive calls the image; empty: as typed
    // For the registry of -r, or for the one registry that all images name.
    Credentials credentials;
    // Logins kept elsewhere, by host[:port]; empty: there are none.
    std::function<Credentials(const std::string &registry)> login;
    std::vector<std::string> mirrors; // asked first, in that order: [http://]host[:port][/prefix]
    bool insecure = false;
    bool dry_run = false;
    bool force = false; // nothing of an earlier run is used
    ClientRules client;
    FetchRules fetch;
    // Options for all plugins of a kind (ca_cert, http_proxy...), and for one: id -> key -> value.
    std::map<std::string, std::string> shared_options;
    std::map<std::string, std::map<std::string, std::string>> plugin_options;
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
    std::string path;
    std::string format;
    std::uint64_t size = 0;
    bool exact = true;          // of a dry run: the size is not a lower bound
    std::uint64_t transfer = 0; // bytes of blobs
    std::vector<PackedImage> images;
    std::vector<std::string> entries; // of a dry run: what the archive would hold
};

class Pull {
public:
    // Loads the plugins that the request names. `disk` and `observer` must outlive it. Throws Error.
    Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer);

    // Makes every archive asked for, in turn, and hands each to `done` as soon as it stands. Throws the first failure.
    void run(const Operation &operation, const std::function<void(const PulledArchive &)> &done);

private:
    struct Target {
        std::string path;
        std::vector<std::pair<Image, std::shared_ptr<Repository>>> images;
    };
    void check_login();
    Credentials credentials_for(const std::string &registry) const;
    const Backend &backend_for(const std::string &registry, Log &log);
    // One image, or all of an index with -a all.
    std::pair<std::vector<Image>, std::shared_ptr<Repository>> resolve(const Operation &operation,
                                                                       const Reference &typed);
    PulledArchive make(const Operation &operation, Target target);
    std::string path_for(const Image &image) const;

    PullRequest request_;
    const Catalog &catalog_;
    Disk &disk_;
    Observer &observer_;
    bool all_platforms_ = false;
    Platform platform_; // unless all
    std::vector<Reference> references_;
    std::string login_registry_; // whose user the request names
    std::unique_ptr<Packer> packer_;
    std::unique_ptr<Chain> chain_;
    std::unique_ptr<Client> client_;
    std::map<std::string, std::unique_ptr<Backend>> backends_; // by plugin id
};

} // namespace ferry::core
