// A pull: from what the user asked for to archives on the disk.
//
//   wanted    what the user named, read
//   look_up   references -> backend (normalize, endpoints) -> manifests -> platform -> images
//   targets   which images go into which archive; what they say of their blobs must agree
//   plan      the packer's plan and the layout of each archive; the space that it needs
//   transfer  blobs -> verified bytes at their places (core/pack, core/transfer)
//   publish   the archive's name, or whoever takes its bytes
//
// Everything is looked up and planned before the first blob is fetched: a mistyped third image shows early. A Pull has
// no state outside of itself: several may run beside each other. [one-thread]
#pragma once

#include "core/job/disk_needs.h"
#include "core/job/request.h"
#include "core/job/targets.h"
#include "core/job/wanted.h"
#include "core/os/disk.h"
#include "core/pack/outline.h"
#include "core/registry/access.h"
#include "core/transfer/events.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferry::core {

class Pull {
public:
    // Loads the plugins that the request names. `disk` and `observer` must outlive it. Throws Error.
    Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer);

    // Makes every archive asked for, in turn, and hands each to `done` as soon as it stands. Throws the first failure;
    // those of listed images are handed to `failed` when they happen, and summed up in what is thrown at the end.
    void run(const Operation &operation, const std::function<void(const PulledArchive &)> &done,
             const std::function<void(const Error &)> &failed = {});

private:
    // An archive with its plan, before anything of it is fetched.
    struct PlannedArchive {
        const WantedImage *first;
        ArchiveJob job;
        ArchiveOutline outline;
        PulledArchive result;
    };
    void check_request() const;
    std::vector<Target> look_up_all(const Operation &operation, Failures &failures);
    std::vector<PlannedArchive> plan_all(const Operation &operation, std::vector<Target> &&targets,
                                         Failures &failures) const;
    PlannedArchive plan(const Operation &operation, Target &&target) const;
    void transfer(const Operation &operation, PlannedArchive &archive) const;
    // Plans the archive anew with the right media type of the layer `digest`.
    void plan_again(const Operation &operation, PlannedArchive &archive, const std::string &digest) const;

    bool to_stream() const noexcept { return request_.name == "-"; }
    std::string output_folder() const;

    const PullRequest request_;
    Disk &disk_;
    Observer &observer_;
    std::vector<WantedImage> wanted_;
    std::unique_ptr<Packer> packer_;
    std::optional<Platform> platform_; // nothing: all
    std::unique_ptr<Access> access_;
};

} // namespace ferry::core
