#include "core/pull.h"

#include "core/base/own_file.h"
#include "core/base/size.h"
#include "core/pack/part.h"
#include "core/registry/resolve.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <map>

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
    std::vector<Prepared> archives;
    for (Target &target : targets) archives.push_back(prepare(operation, std::move(target)));
    if (!request_.dry_run) check_disk(archives);
    for (Prepared &archive : archives) {
        if (!request_.dry_run) make(operation, archive);
        done(archive.result);
    }
}

std::string Pull::output_folder() const {
    return request_.output.empty() ? "." : request_.output;
}

std::string Pull::path_for(const Image &image) const {
    const std::string folder = output_folder();
    if (request_.name == "-") return request_.name;
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
        HttpReply reply = repository->manifest(operation, reference.digest.empty() ? reference.tag : reference.digest);
        std::vector<Image> images;
        if (all_platforms_)
            images = resolve_all(operation, *repository, std::move(reply));
        else
            images.push_back(resolve_image(operation, *repository, std::move(reply), platform_));
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

Pull::Prepared Pull::prepare(const Operation &operation, Target target) const {
    Prepared archive;
    ArchiveJob &job = archive.job;
    job.path = target.path;
    job.packer = packer_.get();
    job.rules = request_.fetch;
    job.rules.retry = request_.client.retry;
    job.force = request_.force;
    PulledArchive &result = archive.result;
    result.path = target.path;
    result.format = packer_->id();
    for (auto &[image, repository] : target.images) {
        result.images.push_back({image.reference.str(), image.platform.str(), image.manifest.digest,
                                 image.config.digest, image.layers, image.names});
        job.images.push_back(std::move(image));
        job.repositories.push_back(std::move(repository));
    }
    archive.planned = outline(job, operation);
    result.size = archive.planned.size;
    result.exact = archive.planned.exact;
    result.transfer = archive.planned.transfer;
    if (request_.dry_run)
        for (const PlanEntry &entry : archive.planned.plan.entries) result.entries.push_back(entry.path);
    // A name for this very content, so that the same command finds what it left, and no other does.
    if (request_.name == "-")
        job.path =
            output_folder() + "/.ferry-stdout-" + identity_of(job, archive.planned).substr(0, 16) + packer_->suffix();
    return archive;
}

void Pull::check_disk(const std::vector<Prepared> &archives) const {
    std::map<std::string, std::uint64_t> sums; // of what each folder is to hold, less what goes from it
    for (const Prepared &archive : archives) {
        const ArchiveOutline &planned = archive.planned;
        const std::string &path = archive.job.path;
        const std::string folder = folder_of(path);
        disk_.make_folder(folder);
        disk_.check(path, planned.size);
        const std::uint64_t free = disk_.free_space(folder);
        // What an earlier run left is used or removed.
        const std::uint64_t left_here = left_behind(disk_, path), room = std::max(free, free + left_here);
        std::uint64_t &sum = sums[folder];
        sum += planned.size;
        if (room < sum) {
            const std::string needed = human_size(sum), left = human_size(room);
            throw Error(
                Kind::disk,
                archives.size() > 1 ? say("the archives need at least {}, and {} has {} left", needed, folder, left)
                : planned.exact     ? say("the archive needs {}, and {} has {} left", needed, folder, left)
                                    : say("the archive needs at least {}, and {} has {} left", needed, folder, left),
                say("free some space, or choose a larger disk with -o DIR"));
        }
        // The old archive goes when the new one is whole.
        sum -= std::min(sum, left_here + disk_.used_space(path));
    }
}

void Pull::make(const Operation &operation, Prepared &archive) const {
    const ArchiveJob &job = archive.job;
    operation.log().info(say("writing {}, {} blobs, {} to fetch", job.path, archive.planned.blobs.size(),
                             human_size(archive.planned.transfer)));
    archive.result.size = request_.name == "-" ? make_nameless(operation, archive)
                                               : make_archive(job, archive.planned, disk_, operation, observer_);
    archive.result.exact = true;
    operation.log().info(
        say("done: {}, {} bytes", request_.name == "-" ? say("standard output") : job.path, archive.result.size));
}

std::uint64_t Pull::make_nameless(const Operation &operation, Prepared &archive) const {
    archive.job.deliver = [&](File &file, std::uint64_t size) {
        std::vector<char> buffer(256 << 10);
        for (std::uint64_t at = 0; at < size;) {
            operation.throw_if_cancelled();
            const std::size_t got = file.read_at(at, buffer.data(), std::min<std::uint64_t>(buffer.size(), size - at));
            if (got == 0) throw Error(Kind::disk, say("{} is shorter than it was written", file.path()));
            try {
                request_.out(buffer.data(), got);
            } catch (const Error &) {
                operation.throw_if_cancelled(); // Ctrl-C ends the reader as well
                throw;
            }
            at += got;
        }
    };
    // The same command may be at work with that file already.
    const std::string first = archive.job.path, suffix = packer_->suffix();
    constexpr int most = 1000;
    for (int number = 2; number <= most; ++number) {
        try {
            return make_archive(archive.job, archive.planned, disk_, operation, observer_);
        } catch (const Busy &) {
            archive.job.path = first.substr(0, first.size() - suffix.size()) + "-" + std::to_string(number) + suffix;
        }
    }
    return make_archive(archive.job, archive.planned, disk_, operation, observer_);
}

} // namespace ferry::core
