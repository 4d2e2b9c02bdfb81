// A registry with faults, a folder for archives, and pulls by the whole engine with the built plugins.
#pragma once

#include "core/job/pull.h"
#include "support/fault_registry.h"
#include "support/folder.h"

#include <functional>
#include <optional>

namespace ferry::test {

struct PullChoice {
    std::string format = "docker";
    int workers = 4;
    std::string tag = "1";
    std::vector<std::string> also = {}; // more tags of the same pull
    std::uint64_t chunk = 64 << 10;
    std::uint64_t least_split = 1 << 20;
    std::uint64_t segment = 1 << 20; // of each blob that is shared
    int retries = 5;
    int stall = 300; // milliseconds
    bool force = false;
    bool spool = true;         // layers wait on the disk to be unpacked
    std::string username = {}; // with the password "hunter2"
    core::Disk *disk = &core::real_disk();
    std::string name = "out.tar";
    std::function<void(const void *, std::size_t)> out = {}; // of the name "-"
    core::Observer *observer = nullptr;
};

struct PullOutcome {
    std::optional<core::Error> failure;
    std::string digest; // of the archive, where there is one under the name
    std::string log;    // warnings

    std::string text() const; // for a failed test's message
};

class PullRoom {
public:
    explicit PullRoom(const FaultImage &image, std::size_t window = 256 << 10);

    FaultRegistry registry;
    Folder folder;
    const FaultImage image;

    // `wanted` is asked to stop the pull by its token; the default never does.
    PullOutcome pull(const PullChoice &choice, std::stop_token stop = {});
    // The digest of the archive that a pull without any fault makes; in another folder. Resets the registry.
    std::string reference(const PullChoice &choice);
    std::string path(const std::string &name = "out.tar") const { return (folder.path() / name).string(); }
    // Names in the folder, sorted.
    std::vector<std::string> files() const;
    // Bytes in hand that one worker may lose with its life: of the chunk begun, and on their way.
    std::uint64_t loss(const PullChoice &choice) const;

private:
    PullOutcome pull_to(const std::string &output, const PullChoice &choice, std::stop_token stop);
    std::map<std::string, std::string> references_;
};

// The exit code's name.
std::string kind_name(core::Kind kind);

} // namespace ferry::test
