// Which images go into which archive.
#pragma once

#include "core/job/look_up.h"
#include "core/job/wanted.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferry::core {

// How archives are called.
struct ArchiveNaming {
    std::string folder;
    std::string name; // of the only archive: a file, a path, "-"; empty: by the rule of archive_file_name
    std::string suffix;
    bool all_platforms = false;

    std::string path_of(const Image &image) const; // pure
};

// One archive to be made.
struct Target {
    std::string path;
    const WantedImage *first; // of those that led here
    std::vector<std::pair<Image, std::shared_ptr<Repository>>> images;
};

// [one-thread]
class Targets {
public:
    explicit Targets(ArchiveNaming naming) : naming_(std::move(naming)) {}

    // Brings images into the target of their path. The same image under another name is stored once, with both names.
    // Throws Error(usage) where other images would get the same path. `wanted` must outlive the targets.
    void add(const WantedImage &wanted, FoundImages found);

    // Hands the targets out. Those whose images contradict the ones before about a blob (Descriptors) are left out, as
    // a failure of their first image.
    std::vector<Target> take(Failures &failures);

private:
    Target &at(std::string path, const WantedImage &wanted);

    ArchiveNaming naming_;
    std::vector<Target> targets_;
};

} // namespace ferry::core
