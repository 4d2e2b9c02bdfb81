#include "core/pull.h"

#include "core/base/size.h"
#include "core/pack/part.h"
#include "core/registry/resolve.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

Pull::Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer)
    : request_(std::move(request)), catalog_(catalog), disk_(disk), observer_(observer) {
    for (const std::string &text : request_.images) references_.push_back(parse_reference(text, request_.registry));

    const ferry_plugin &packer = catalog_.load(catalog_.find(request_.format, FERRY_PACKER_V1));
    packer_ = std::make_unique<Packer>(
        packer, plugin_options(packer, request_.shared_options, own_options(request_, packer.id)));
    all_platforms_ = request_.platform == "all";
    if (all_platforms_ && !packer_->many_platforms())
        throw Error(Kind::usage, say("-a all: the format {} holds one platform of an image", packer_->id()),
                    say("choose a format that holds all of them: -f oci; or name the platform, for example -a arm64"));
    if (!all_platforms_) platform_ = parse_platform(request_.platform);
    if (references_.size() > 1 && !request_.tag.empty())
        throw Error(Kind::usage, say("--tag names one image, and several are asked for"),
                    say("pull them one by one, or leave --tag out"));
    if (references_.size() > 1 && !request_.name.empty() && !packer_->many_images())
        throw Error(Kind::usage, say("the format {} holds one image in an archive", packer_->id()),
                    say("leave --name out: each image gets an archive"));

    access_ = std::make_unique<Access>(request_, catalog_, references_);
}

void Pull::run(const Operation &operation, const std::function<void(const PulledArchive &)> &done) {
    // Everything is looked up first: a mistyped third image shows before the first is fetched.
    std::vector<Target> targets;
    for (const Reference &typed : references_) {
        observer_.resolving(typed.str());
        auto resolved = resolve(operation, typed);
        std::string path = path_for(resolved.first.front());
        auto target = std::find_if(targets.begin(), targets.end(), [&](const Target &t) { return t.path == path; });
        if (target == targets.end()) target = targets.insert(target, {std::move(path), {}});
        auto &images = target->images;
        if (!images.empty() && request_.name.empty())
            throw Error(Kind::usage,
                        say("{} and {} would both be written to {}", images.front().first.reference.str(),
                            resolved.first.front().reference.str(), target->path),
                        say("pull them one by one with --name FILE"));
        for (Image &image : resolved.first) images.emplace_back(std::move(image), resolved.second);
    }
    for (Target &target : targets) done(make(operation, std::move(target)));
}

std::string Pull::path_for(const Image &image) const {
    const std::string folder = request_.output.empty() ? "." : request_.output;
    if (request_.name == "-") return folder + "/.ferry-stdout" + packer_->suffix();
    if (request_.name.find('/') != std::string::npos) return request_.name;
    if (!request_.name.empty()) return folder + "/" + request_.name;
    return folder + "/" +
           archive_file_name(image.reference, all_platforms_ ? "all" : image.platform.short_name(), packer_->suffix());
}

std::pair<std::vector<Image>, std::shared_ptr<Repository>> Pull::resolve(const Operation &operation,
                                                                         const Reference &typed) {
    operation.log().info(
        say("image {}, registry backend {}", typed.str(), access_->backend_for(typed.registry, operation.log()).id()));
    return access_->resolve(operation, typed, [&](std::shared_ptr<Repository> repository) {
        const Reference &reference = repository->reference();
        std::vector<Image> images;
        repository->manifest(operation, reference.digest.empty() ? reference.tag : reference.digest,
                             [&](HttpReply reply, bool) {
                                 if (all_platforms_)
                                     images = resolve_all(operation, *repository, std::move(reply));
                                 else
                                     images = {resolve_image(operation, *repository, std::move(reply), platform_)};
                             });
        std::vector<std::string> names;
        if (!request_.tag.empty())
            names = {archive_name(request_.tag, typed.tag)};
        else if (!typed.tag.empty())
            names = {archive_name(typed.name + ":" + typed.tag, {})};
        else
            operation.log().warning(say("the image was asked for by digest alone and has no name in the archive; "
                                        "give it one with --tag NAME"));
        for (Image &image : images) {
            image.names = names;
            operation.log().info(say("manifest {}, platform {}, {} layers", image.manifest.digest,
                                     image.platform.str(), image.layers.size()));
        }
        return std::pair(std::move(images), std::move(repository));
    });
}

PulledArchive Pull::make(const Operation &operation, Target target) {
    ArchiveJob job;
    job.path = target.path;
    job.packer = packer_.get();
    job.rules = request_.fetch;
    job.rules.retry = request_.client.retry;
    job.rules.least_rate = request_.client.rate.bytes_per_second;
    job.force = request_.force;
    PulledArchive result;
    result.path = target.path;
    result.format = packer_->id();
    for (auto &[image, repository] : target.images) {
        result.images.push_back({image.reference.str(), image.platform.str(), image.manifest.digest,
                                 image.config.digest, image.layers, image.names});
        job.images.push_back(std::move(image));
        job.repositories.push_back(std::move(repository));
    }
    const ArchiveOutline planned = outline(job, operation);
    result.size = planned.size;
    result.exact = planned.exact;
    result.transfer = planned.transfer;
    if (request_.dry_run) {
        for (const PlanEntry &entry : planned.plan.entries) result.entries.push_back(entry.path);
        return result;
    }
    const auto slash = job.path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : job.path.substr(0, slash);
    disk_.make_folder(folder);
    std::uint64_t room = disk_.free_space(folder);
    // What an earlier run left is used or removed.
    for (const std::string &left : disk_.list(part_of(job.path))) room = std::max(room, room + disk_.used_space(left));
    if (room < planned.size) {
        const std::string needed = human_size(planned.size), left = human_size(room);
        throw Error(Kind::disk,
                    planned.exact ? say("the archive needs {}, and {} has {} left", needed, folder, left)
                                  : say("the archive needs at least {}, and {} has {} left", needed, folder, left),
                    say("free some space, or choose a larger disk with -o DIR"));
    }
    operation.log().info(
        say("writing {}, {} blobs, {} to fetch", job.path, planned.blobs.size(), human_size(planned.transfer)));
    result.size = make_archive(job, planned, disk_, operation, observer_);
    result.exact = true;
    operation.log().info(say("done: {}, {} bytes", job.path, result.size));
    return result;
}

} // namespace ferry::core
