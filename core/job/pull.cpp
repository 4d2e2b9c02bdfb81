#include "core/job/pull.h"

#include "core/base/size.h"
#include "core/job/look_up.h"
#include "core/job/publish.h"
#include "core/job/relabel.h"
#include "core/job/repository_source.h"
#include "core/pack/loadable.h"
#include "core/pack/part.h"
#include "core/pack/writer.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ferry::core {

namespace {

bool unpacks_every_layer(const Layout &layout, const std::vector<Image> &images) {
    std::set<std::string> unpacked;
    for (const Layout::Tail &tail : layout.tails) unpacked.insert(tail.diff_id);
    return std::all_of(images.begin(), images.end(), [&](const Image &image) {
        return std::all_of(image.layers.begin(), image.layers.end(),
                           [&](const Layer &layer) { return unpacked.count(layer.diff_id) != 0; });
    });
}

PackedImage packed(const Image &image) {
    return {image.reference.str(), image.platform.str(), image.manifest.digest,
            image.config.digest,   image.layers,         image.names};
}

} // namespace

Pull::Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer)
    : request_(std::move(request)), disk_(disk), observer_(observer), wanted_(wanted_images(request_)) {
    const ferry_plugin &packer = catalog.load(catalog.find(request_.format, FERRY_PACKER_V1));
    packer_ = std::make_unique<Packer>(
        packer, plugin_options(packer, request_.shared_options, own_options(request_, packer.id)));
    if (request_.platform != "all") platform_ = parse_platform(request_.platform);
    check_request();
    std::vector<Reference> references;
    for (const WantedImage &one : wanted_)
        if (!one.unreadable) references.push_back(one.reference);
    access_ = std::make_unique<Access>(request_, catalog, references);
}

void Pull::check_request() const {
    if (!platform_ && !packer_->many_platforms())
        throw Error(Kind::usage, say("-a all: the format {} holds one platform of an image", packer_->id()),
                    say("choose a format that holds all of them: -f oci; or name the platform, for example -a arm64"));
    if (wanted_.size() > 1 && !request_.tag.empty())
        throw Error(Kind::usage, say("--tag names one image, and several are asked for"),
                    say("pull them one by one, or leave --tag out"));
    if (wanted_.size() > 1 && !request_.name.empty() && !packer_->many_images())
        throw Error(Kind::usage, say("the format {} holds one image in an archive", packer_->id()),
                    say("leave --name out: each image gets an archive"));
}

void Pull::run(const Operation &operation, const std::function<void(const PulledArchive &)> &done,
               const std::function<void(const Error &)> &failed) {
    access_->warn_of_options(operation.log(), packer_->id());
    Failures failures(wanted_.size(), !request_.name.empty(), failed);
    std::vector<Target> targets = look_up_all(operation, failures);
    for (PlannedArchive &archive : plan_all(operation, std::move(targets), failures))
        failures.attempt(*archive.first, [&] {
            if (!request_.dry_run) transfer(operation, archive);
            done(archive.result);
        });
    failures.throw_if_any(!request_.dry_run);
}

std::vector<Target> Pull::look_up_all(const Operation &operation, Failures &failures) {
    Targets targets({output_folder(), request_.name, packer_->suffix(), !platform_});
    for (const WantedImage &one : wanted_)
        failures.attempt(one, [&] {
            if (one.unreadable) throw Error(*one.unreadable);
            observer_.resolving(one.reference.str());
            targets.add(one, look_up(operation, *access_, one.reference, platform_, request_.tag));
        });
    return targets.take(failures);
}

std::vector<Pull::PlannedArchive> Pull::plan_all(const Operation &operation, std::vector<Target> &&targets,
                                                 Failures &failures) const {
    std::vector<PlannedArchive> archives;
    DiskNeeds needs(disk_);
    for (Target &target : targets)
        failures.attempt(*target.first, [&] {
            PlannedArchive archive = plan(operation, std::move(target));
            if (!request_.dry_run) needs.add(archive.job.path, archive.outline);
            archives.push_back(std::move(archive));
        });
    return archives;
}

Pull::PlannedArchive Pull::plan(const Operation &operation, Target &&target) const {
    PlannedArchive archive{target.first, {}, {}, {}};
    ArchiveJob &job = archive.job;
    job.path = target.path;
    job.packer = packer_.get();
    job.rules = request_.fetch;
    job.rules.retry = request_.client.retry;
    job.rules.least_rate = request_.client.rate.bytes_per_second;
    job.force = request_.force;
    PulledArchive &result = archive.result;
    result.path = target.path;
    result.format = packer_->id();
    std::map<std::shared_ptr<Repository>, std::shared_ptr<Source>> sources; // images of a repository share theirs
    for (auto &[image, repository] : target.images) {
        result.images.push_back(packed(image));
        job.images.push_back(std::move(image));
        std::shared_ptr<Source> &source = sources[repository];
        if (!source) source = std::make_shared<RepositorySource>(std::move(repository));
        job.sources.push_back(source);
    }
    archive.outline = outline(job, operation);
    result.size = archive.outline.size;
    result.exact = archive.outline.exact;
    result.transfer = archive.outline.transfer;
    if (request_.dry_run)
        for (const PlanEntry &entry : archive.outline.plan.entries) result.entries.push_back(entry.path);
    // A name for this very content, so that the same command finds what it left, and no other does.
    if (to_stream())
        job.path =
            output_folder() + "/.ferry-stdout-" + identity_of(job, archive.outline).substr(0, 16) + packer_->suffix();
    return archive;
}

void Pull::plan_again(const Operation &operation, PlannedArchive &archive, const std::string &digest) const {
    operation.log().warning(say("the layer {} is packed with zstd, and its media type does not say so; the "
                                "archive is begun again, for engines that cannot read zstd",
                                digest));
    relabel_zstd_layers(archive.job, digest, operation);
    archive.outline = outline(archive.job, operation);
    DiskNeeds(disk_).add(archive.job.path, archive.outline);
    archive.result.transfer = archive.outline.transfer;
}

void Pull::transfer(const Operation &operation, PlannedArchive &archive) const {
    ArchiveJob &job = archive.job;
    if (to_stream())
        job.deliver = [&](File &file, std::uint64_t size) { hand_out(operation, file, size, request_.out); };
    operation.log().info(say("writing {}, {} blobs, {} to fetch", job.path, archive.outline.blobs.size(),
                             human_size(archive.outline.transfer)));
    const std::string suffix = packer_->suffix(), stem = job.path.substr(0, job.path.size() - suffix.size());
    constexpr int most = 1000;
    for (int number = 2;;) {
        try {
            archive.result.size = make_archive(job, archive.outline, disk_, operation, observer_);
            break;
        } catch (const Busy &) {
            // The same command is at work with that file. Nobody asked for its name.
            if (!to_stream() || number > most) throw;
            job.path = stem + "-" + std::to_string(number++) + suffix;
        } catch (const Mislabelled &found) {
            plan_again(operation, archive, found.digest);
        }
    }
    archive.result.exact = true;
    archive.result.diff_ids_verified = unpacks_every_layer(archive.outline.layout, job.images);
    operation.log().info(
        say("done: {}, {} bytes", to_stream() ? say("standard output") : job.path, archive.result.size));
}

std::string Pull::output_folder() const {
    return request_.output.empty() ? "." : request_.output;
}

} // namespace ferry::core
