#include "core/job/pull.h"

#include "core/archive/inflate.h"
#include "core/base/size.h"
#include "core/image/mistyped.h"
#include "core/job/repository_source.h"
#include "core/os/path.h"
#include "core/pack/loadable.h"
#include "core/pack/part.h"
#include "core/pack/writer.h"
#include "core/registry/resolve.h"
#include "core/registry/sizes.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace ferry::core {

namespace {

// How a layer is packed by its first bytes, which are not verified; Packing::none where no endpoint gives them.
Packing packing_at(Source &source, const Descriptor &blob, const Operation &operation) {
    const std::size_t endpoints = source.endpoints().size();
    for (std::size_t endpoint = 0; endpoint < endpoints; ++endpoint) {
        try {
            const std::uint64_t wanted = std::min<std::uint64_t>(blob.size, 6);
            const Source::Opened opened = source.open(operation, blob, 0, wanted, endpoint);
            std::string head(wanted, '\0');
            std::size_t at = 0;
            while (at < head.size()) {
                const std::size_t got = opened.stream->read(operation, &head[at], head.size() - at);
                if (got == 0) break;
                at += got;
            }
            return packing_of({head.data(), at});
        } catch (const std::exception &) {
            operation.throw_if_cancelled(); // the archive shows it, if this layer is another one
        }
    }
    return Packing::none;
}

// Gives `known`, which is packed with zstd, the media type of such a layer, and all others that begin like it: one new
// beginning should be enough.
void correct_types(ArchiveJob &job, const std::string &known, const Operation &operation) {
    std::map<std::string, bool> zstd{{known, true}};
    for (std::size_t i = 0; i < job.images.size(); ++i)
        for (Layer &layer : job.images[i].layers) {
            const std::string &type = layer.blob.media_type;
            if (type == zstd_type(type)) continue;
            const auto [place, fresh] = zstd.try_emplace(layer.blob.digest);
            if (fresh) place->second = packing_at(*job.sources[i], layer.blob, operation) == Packing::zstd;
            if (place->second) layer.blob.media_type = zstd_type(type);
        }
}

bool unpacks_every_layer(const Layout &layout, const std::vector<Image> &images) {
    std::set<std::string> unpacked;
    for (const Layout::Tail &tail : layout.tails) unpacked.insert(tail.diff_id);
    return std::all_of(images.begin(), images.end(), [&](const Image &image) {
        return std::all_of(image.layers.begin(), image.layers.end(),
                           [&](const Layer &layer) { return unpacked.count(layer.diff_id) != 0; });
    });
}

} // namespace

Pull::Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer)
    : request_(std::move(request)), catalog_(catalog), disk_(disk), observer_(observer) {
    for (const std::string &image : request_.images) want(image, {});
    for (const ListedImage &listed : request_.listed) want(listed.image, listed.place);

    const ferry_plugin &packer = catalog_.load(catalog_.find(request_.format, FERRY_PACKER_V1));
    packer_ = std::make_unique<Packer>(
        packer, plugin_options(packer, request_.shared_options, own_options(request_, packer.id)));
    all_platforms_ = request_.platform == "all";
    if (all_platforms_ && !packer_->many_platforms())
        throw Error(Kind::usage, say("-a all: the format {} holds one platform of an image", packer_->id()),
                    say("choose a format that holds all of them: -f oci; or name the platform, for example -a arm64"));
    if (!all_platforms_) platform_ = parse_platform(request_.platform);
    if (wanted_.size() > 1 && !request_.tag.empty())
        throw Error(Kind::usage, say("--tag names one image, and several are asked for"),
                    say("pull them one by one, or leave --tag out"));
    if (wanted_.size() > 1 && !request_.name.empty() && !packer_->many_images())
        throw Error(Kind::usage, say("the format {} holds one image in an archive", packer_->id()),
                    say("leave --name out: each image gets an archive"));

    std::vector<Reference> references;
    for (const Wanted &one : wanted_)
        if (!one.unreadable) references.push_back(one.reference);
    access_ = std::make_unique<Access>(request_, catalog_, references);
}

void Pull::want(std::string image, std::string place) {
    Wanted one{std::move(image), std::move(place), std::nullopt, {}};
    try {
        one.reference = parse_reference(one.image, request_.registry);
        const auto same = [&](const Wanted &other) {
            const Reference &a = one.reference, &b = other.reference;
            return !other.unreadable && a.str() == b.str() && a.registry == b.registry && a.name == b.name &&
                   a.encrypted == b.encrypted;
        };
        // Named twice, it is still one image.
        if (std::any_of(wanted_.begin(), wanted_.end(), same)) return;
    } catch (const Error &e) {
        if (one.place.empty()) throw;
        one.unreadable = e;
    }
    wanted_.push_back(std::move(one));
}

void Pull::run(const Operation &operation, const std::function<void(const PulledArchive &)> &done,
               const std::function<void(const Error &)> &failed) {
    std::optional<Kind> worst;
    std::vector<std::string> lost;
    // The failure of one image of a list, or of all.
    const auto attempt = [&](const Wanted &one, const auto &what) {
        try {
            what();
        } catch (Error &e) {
            if (!one.place.empty() && e.kind() != Kind::interrupted) e.message = say("{}: {}", one.place, e.message);
            const bool alone = one.place.empty() || wanted_.size() == 1 || !request_.name.empty();
            if (alone || e.kind() == Kind::interrupted) throw;
            worst = worse(e.kind(), worst.value_or(e.kind()));
            lost.push_back(one.image);
            if (failed) failed(e);
        }
    };
    access_->warn_of_options(operation.log(), packer_->id());
    // Everything is looked up first: a mistyped third image shows before the first is fetched.
    std::vector<Target> targets;
    for (const Wanted &one : wanted_)
        attempt(one, [&] {
            if (one.unreadable) throw Error(*one.unreadable);
            observer_.resolving(one.reference.str());
            auto resolved = resolve(operation, one.reference);
            add(targets, one, std::move(resolved.first), resolved.second);
        });
    // What the images say of their blobs must agree, over all archives.
    Descriptors blobs;
    for (Target &target : targets)
        attempt(*target.first, [&] {
            Descriptors with = blobs;
            for (const auto &[image, repository] : target.images) with.add(image);
            blobs = std::move(with);
            target.agrees = true;
        });
    std::erase_if(targets, [](const Target &target) { return !target.agrees; });
    // So is what can be known of the disk.
    std::vector<Prepared> archives;
    std::map<std::string, std::uint64_t> needs;
    for (Target &target : targets)
        attempt(*target.first, [&] {
            Prepared archive = prepare(operation, std::move(target));
            if (!request_.dry_run) check_disk(archive, needs);
            archives.push_back(std::move(archive));
        });
    for (Prepared &archive : archives)
        attempt(*archive.first, [&] {
            if (!request_.dry_run) make(operation, archive);
            done(archive.result);
        });
    if (lost.empty()) return;
    constexpr std::size_t most_named = 10;
    std::string names;
    for (std::size_t i = 0; i < lost.size() && i < most_named; ++i) names += (i ? ", " : "") + without_login(lost[i]);
    if (lost.size() > most_named) names += ", ...";
    throw Error(*worst, say("{} of {} images failed: {}", lost.size(), wanted_.size(), names),
                lost.size() < wanted_.size() && !request_.dry_run ? say("the archives of the others are complete")
                                                                  : "");
}

void Pull::add(std::vector<Target> &targets, const Wanted &wanted, std::vector<Image> images,
               const std::shared_ptr<Repository> &repository) const {
    std::string path = path_for(images.front());
    auto target = std::find_if(targets.begin(), targets.end(), [&](const Target &t) { return t.path == path; });
    if (target == targets.end()) target = targets.insert(target, {std::move(path), &wanted, {}});
    auto &held = target->images;
    const auto before = static_cast<std::ptrdiff_t>(held.size()); // of other names
    // The same image under another name is stored once, with both names.
    const auto known = [&](const Image &image) {
        return std::find_if(held.begin(), held.begin() + before, [&](const auto &one) {
            return one.first.manifest.digest == image.manifest.digest &&
                   one.first.platform.str() == image.platform.str();
        });
    };
    if (before && request_.name.empty())
        for (const Image &image : images)
            if (known(image) == held.begin() + before)
                throw Error(Kind::usage,
                            say("{} and {} would both be written to {}", held.front().first.reference.str(),
                                image.reference.str(), target->path),
                            say("pull them one by one with --name FILE"));
    for (Image &image : images) {
        const auto same = known(image);
        if (same == held.begin() + before) {
            held.emplace_back(std::move(image), repository);
            continue;
        }
        auto &names = same->first.names;
        for (std::string &name : image.names)
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
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
        std::vector<Image> images;
        repository->manifest(operation, reference.digest.empty() ? reference.tag : reference.digest,
                             [&](HttpReply reply, bool) {
                                 if (all_platforms_)
                                     images = resolve_all(operation, *repository, std::move(reply));
                                 else
                                     images = {resolve_image(operation, *repository, std::move(reply), platform_)};
                             });
        find_sizes(operation, *repository, images);
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
            operation.log().info(say("manifest {}, platform {}, {} layers", image.manifest.digest, image.platform.str(),
                                     image.layers.size()));
        }
        return std::pair(std::move(images), std::move(repository));
    });
}

Pull::Prepared Pull::prepare(const Operation &operation, Target &&target) const {
    Prepared archive;
    archive.first = target.first;
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
        result.images.push_back({image.reference.str(), image.platform.str(), image.manifest.digest,
                                 image.config.digest, image.layers, image.names});
        job.images.push_back(std::move(image));
        std::shared_ptr<Source> &source = sources[repository];
        if (!source) source = std::make_shared<RepositorySource>(std::move(repository));
        job.sources.push_back(source);
    }
    const ArchiveOutline &planned = archive.planned = outline(job, operation);
    result.size = planned.size;
    result.exact = planned.exact;
    result.transfer = planned.transfer;
    if (request_.dry_run)
        for (const PlanEntry &entry : planned.plan.entries) result.entries.push_back(entry.path);
    // A name for this very content, so that the same command finds what it left, and no other does.
    if (request_.name == "-")
        job.path = output_folder() + "/.ferry-stdout-" + identity_of(job, planned).substr(0, 16) + packer_->suffix();
    return archive;
}

void Pull::check_disk(const Prepared &archive, std::map<std::string, std::uint64_t> &needs) const {
    const ArchiveOutline &planned = archive.planned;
    const std::string &path = archive.job.path, folder = folder_of(path);
    disk_.make_folder(folder);
    disk_.check(path, planned.size);
    const std::uint64_t free = disk_.free_space(folder);
    // What an earlier run left is used or removed.
    const std::uint64_t left_here = left_behind(disk_, path), room = std::max(free, free + left_here);
    std::uint64_t &others = needs[folder];
    const std::uint64_t sum = others + planned.size;
    if (room < sum) {
        const std::string needed = human_size(sum), left = human_size(room);
        throw Error(Kind::disk,
                    others          ? say("the archives need at least {}, and {} has {} left", needed, folder, left)
                    : planned.exact ? say("the archive needs {}, and {} has {} left", needed, folder, left)
                                    : say("the archive needs at least {}, and {} has {} left", needed, folder, left),
                    say("free some space, or choose a larger disk with -o DIR"));
    }
    // The old archive goes when the new one is whole.
    others = sum - std::min(sum, left_here + disk_.used_space(path));
}

void Pull::make(const Operation &operation, Prepared &archive) const {
    ArchiveJob &job = archive.job;
    const bool nameless = request_.name == "-";
    if (nameless) job.deliver = [&](File &file, std::uint64_t size) { hand_out(operation, file, size); };
    operation.log().info(say("writing {}, {} blobs, {} to fetch", job.path, archive.planned.blobs.size(),
                             human_size(archive.planned.transfer)));
    const std::string first = job.path, suffix = packer_->suffix();
    constexpr int most = 1000;
    for (int number = 2;;) {
        try {
            archive.result.size = make_archive(job, archive.planned, disk_, operation, observer_);
            break;
        } catch (const Busy &) {
            // The same command is at work with that file. Nobody asked for its name.
            if (!nameless || number > most) throw;
            job.path = first.substr(0, first.size() - suffix.size()) + "-" + std::to_string(number++) + suffix;
        } catch (const Mislabelled &found) {
            operation.log().warning(say("the layer {} is packed with zstd, and its media type does not say so; the "
                                        "archive is begun again, for engines that cannot read zstd",
                                        found.digest));
            correct_types(job, found.digest, operation);
            archive.planned = outline(job, operation);
            std::map<std::string, std::uint64_t> needs;
            check_disk(archive, needs);
            archive.result.transfer = archive.planned.transfer;
        }
    }
    archive.result.exact = true;
    archive.result.diff_ids_verified = unpacks_every_layer(archive.planned.layout, job.images);
    operation.log().info(say("done: {}, {} bytes", nameless ? say("standard output") : job.path, archive.result.size));
}

void Pull::hand_out(const Operation &operation, File &file, std::uint64_t size) const {
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
}

} // namespace ferry::core
