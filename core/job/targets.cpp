#include "core/job/targets.h"

#include "core/image/descriptors.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

std::string ArchiveNaming::path_of(const Image &image) const {
    if (name == "-" || name.find('/') != std::string::npos) return name;
    const std::string file =
        name.empty() ? archive_file_name(image.reference, all_platforms ? "all" : image.platform.short_name(), suffix)
                     : name;
    return folder + "/" + file;
}

Target &Targets::at(std::string path, const WantedImage &wanted) {
    const auto target = std::find_if(targets_.begin(), targets_.end(), [&](const Target &t) { return t.path == path; });
    if (target != targets_.end()) return *target;
    return targets_.emplace_back(Target{std::move(path), &wanted, {}});
}

void Targets::add(const WantedImage &wanted, FoundImages found) {
    Target &target = at(naming_.path_of(found.images.front()), wanted);
    auto &held = target.images;
    const auto before = static_cast<std::ptrdiff_t>(held.size()); // of other names
    const auto known = [&](const Image &image) {
        return std::find_if(held.begin(), held.begin() + before, [&](const auto &one) {
            return one.first.manifest.digest == image.manifest.digest &&
                   one.first.platform.str() == image.platform.str();
        });
    };
    if (before && naming_.name.empty())
        for (const Image &image : found.images)
            if (known(image) == held.begin() + before)
                throw Error(Kind::usage,
                            say("{} and {} would both be written to {}", held.front().first.reference.str(),
                                image.reference.str(), target.path),
                            say("pull them one by one with --name FILE"));
    for (Image &image : found.images) {
        const auto same = known(image);
        if (same == held.begin() + before) {
            held.emplace_back(std::move(image), found.repository);
            continue;
        }
        auto &names = same->first.names;
        for (std::string &name : image.names)
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
}

std::vector<Target> Targets::take(Failures &failures) {
    std::vector<Target> agreed;
    Descriptors blobs;
    for (Target &target : targets_)
        failures.attempt(*target.first, [&] {
            Descriptors with = blobs;
            for (const auto &[image, repository] : target.images) with.add(image);
            blobs = std::move(with);
            agreed.push_back(std::move(target));
        });
    targets_.clear();
    return agreed;
}

} // namespace ferry::core
