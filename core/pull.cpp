#include "core/pull.h"

#include "core/base/json.h"

#include <algorithm>

namespace ferry::core {

namespace {

constexpr int deepest_index = 4;

std::map<std::string, std::string> own_options(const PullRequest &request, const std::string &id) {
    const auto found = request.plugin_options.find(id);
    return found == request.plugin_options.end() ? std::map<std::string, std::string>() : found->second;
}

std::string join(const std::vector<std::string> &parts) {
    std::string out;
    for (const std::string &part : parts) out += (out.empty() ? "" : ", ") + part;
    return out;
}

std::string human(std::uint64_t bytes) {
    const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(units)) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

} // namespace

Pull::Pull(PullRequest request, const Catalog &catalog, Disk &disk, Observer &observer)
    : request_(std::move(request)), catalog_(catalog), disk_(disk), observer_(observer) {
    for (const std::string &text : request_.images) references_.push_back(parse_reference(text, request_.registry));

    const ferry_plugin &packer = catalog_.load(catalog_.find(request_.format, FERRY_PACKER_V1));
    packer_ = std::make_unique<Packer>(packer, plugin_options(packer, request_.shared_options, own_options(request_, packer.id)));
    if (request_.platform == "all")
        throw Error(Kind::usage, packer_->many_platforms() ? "-a all is not supported yet" : "the format " + packer_->id() + " holds one platform of an image",
                    "name the platform with -a");
    platform_ = parse_platform(request_.platform);
    if (references_.size() > 1 && !request_.tag.empty())
        throw Error(Kind::usage, "--tag names one image, and several are asked for", "pull them one by one, or leave --tag out");
    if (references_.size() > 1 && !request_.name.empty() && !packer_->many_images())
        throw Error(Kind::usage, "the format " + packer_->id() + " holds one image in an archive", "leave --name out: each image gets an archive");

    if (request_.transports.empty()) {
        const auto set = [&](const char *key) {
            const auto it = request_.shared_options.find(key);
            return it != request_.shared_options.end() && !it->second.empty();
        };
        request_.transports = {set("http_proxy") || set("https_proxy") || set("all_proxy") ? "proxy" : "direct"};
    }
    std::vector<Chain::Link> links;
    for (const std::string &id : request_.transports) {
        const ferry_plugin &plugin = catalog_.load(catalog_.find(id, FERRY_TRANSPORT_V1));
        links.push_back({&plugin, plugin_options(plugin, request_.shared_options, own_options(request_, id))});
    }
    // What the user said about TLS must reach the one that does TLS.
    for (const char *key : {"ca_cert", "client_cert", "client_key", "insecure"})
        if (const auto it = request_.shared_options.find(key);
            it != request_.shared_options.end() && !it->second.empty() && !declares_option(*links.back().plugin, key))
            throw Error(Kind::usage, std::string("the transport ") + links.back().plugin->id + " does not know " + key);
    chain_ = std::make_unique<Chain>(std::move(links));
    request_.client.allow_downgrade = request_.insecure;
    client_ = std::make_unique<Client>(chain_->http(), request_.client);
}

const Backend &Pull::backend_for(const std::string &registry) {
    const std::string host = registry.substr(registry.rfind("http://", 0) == 0 ? 7 : 0);
    const ferry_plugin &plugin = choose_backend(catalog_, request_.backend, host);
    auto &backend = backends_[plugin.id];
    if (!backend)
        backend = std::make_unique<Backend>(plugin, plugin_options(plugin, request_.shared_options, own_options(request_, plugin.id)), *client_);
    return *backend;
}

void Pull::run(const Operation &operation, const std::function<void(const PulledArchive &)> &done) {
    // Everything is looked up first: a mistyped third image shows before the first is fetched.
    std::vector<Target> targets;
    for (const Reference &typed : references_) {
        observer_.resolving(typed.str());
        auto resolved = resolve(operation, typed);
        std::string path = path_for(resolved.first);
        auto target = std::find_if(targets.begin(), targets.end(), [&](const Target &t) { return t.path == path; });
        if (target == targets.end()) target = targets.insert(target, {std::move(path), {}});
        auto &images = target->images;
        if (!images.empty() && request_.name.empty())
            throw Error(Kind::usage, images.front().first.reference.str() + " and " + resolved.first.reference.str() +
                                         " would both be written to " + target->path,
                        "pull them one by one with --name FILE");
        images.push_back(std::move(resolved));
    }
    for (Target &target : targets) done(make(operation, std::move(target)));
}

std::string Pull::path_for(const Image &image) const {
    const std::string folder = request_.output.empty() ? "." : request_.output;
    if (request_.name == "-") return folder + "/.ferry-stdout" + packer_->suffix();
    if (request_.name.find('/') != std::string::npos) return request_.name;
    if (!request_.name.empty()) return folder + "/" + request_.name;
    return folder + "/" + archive_file_name(image.reference, image.platform.short_name(), packer_->suffix());
}

std::pair<Image, std::shared_ptr<Repository>> Pull::resolve(const Operation &operation, const Reference &typed) {
    const Backend &backend = backend_for(typed.registry);
    operation.log().info("image " + typed.str() + ", registry backend " + backend.id());
    const std::vector<Reference> candidates = backend.normalize(typed);
    for (std::size_t i = 0;; ++i) {
        auto repository = std::make_shared<Repository>(backend, *client_, candidates[i], request_.credentials, request_.insecure, request_.mirrors);
        const Reference &reference = repository->reference();
        try {
            HttpReply reply = repository->manifest(operation, reference.digest.empty() ? reference.tag : reference.digest);
            Image image = image_of(operation, *repository, std::move(reply));
            if (!request_.tag.empty())
                image.names = {archive_name(request_.tag, typed.tag)};
            else if (!typed.tag.empty())
                image.names = {archive_name(typed.name + ":" + typed.tag, {})};
            else
                operation.log().warning("the image was asked for by digest alone and has no name in the archive; give it one with --tag NAME");
            operation.log().info("manifest " + image.manifest.digest + ", platform " + image.platform.str() + ", " +
                                 std::to_string(image.layers.size()) + " layers");
            return {std::move(image), std::move(repository)};
        } catch (const Error &e) {
            // Registries that hide what exists say "denied" for what is unknown.
            const bool unknown = e.http_status && (e.kind == Kind::not_found || e.kind == Kind::access);
            if (!unknown || i + 1 == candidates.size()) throw;
            operation.log().info(e.message + "; trying " + candidates[i + 1].str());
        }
    }
}

namespace {

// An image manifest that an index leads to.
struct Leaf {
    Descriptor descriptor;
    Platform platform; // empty os: its config says
};

// The manifests below an index. An index within it is opened only where `open` is set: most pulls need none.
void collect_leaves(const Operation &operation, Repository &repository, const Index &index, bool open, int depth,
                    std::vector<Leaf> &leaves) {
    const std::string name = repository.reference().str();
    if (depth > deepest_index) throw Error(Kind::integrity, name + " has indexes within indexes without end");
    for (const Index::Entry &entry : index.entries) {
        if (entry.attestation) continue;
        if (!entry.is_index) {
            leaves.push_back({entry.descriptor, entry.platform});
        } else if (open) {
            const HttpReply reply = repository.manifest(operation, entry.descriptor.digest);
            const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), "the index in " + name);
            if (const auto *inner = std::get_if<Index>(&parsed)) collect_leaves(operation, repository, *inner, open, depth + 1, leaves);
            else leaves.push_back({entry.descriptor, entry.platform});
        }
    }
}

std::optional<std::size_t> choose_leaf(const Platform &wanted, const std::vector<Leaf> &leaves) {
    std::vector<Platform> offered;
    for (const Leaf &leaf : leaves) offered.push_back(leaf.platform);
    if (const auto exact = choose_platform(wanted, offered)) return exact;
    // An entry that leaves its platform open may be the one; its config will tell.
    for (std::size_t i = 0; i < leaves.size(); ++i)
        if (offered[i].os.empty()) return i;
    return std::nullopt;
}

} // namespace

Image Pull::image_of(const Operation &operation, Repository &repository, HttpReply reply) const {
    const std::string name = repository.reference().str();
    const std::string &wanted_digest = repository.reference().digest;
    const std::string digest = wanted_digest.empty() ? digest_of(reply.body) : wanted_digest;
    if (const auto said = reply.header("Docker-Content-Digest"); valid_digest(said) && digest_of(reply.body, said) != said)
        operation.log().warning("the registry calls the manifest of " + name + " " + std::string(said) + ", which is not its digest; going on with " + digest);
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), "the manifest of " + name);
    if (const auto *manifest = std::get_if<Manifest>(&parsed))
        return image_from(operation, repository, *manifest, {{digest, manifest->media_type, reply.body.size(), {}}, {}}, std::move(reply.body));

    const auto &index = std::get<Index>(parsed);
    std::vector<Leaf> leaves;
    collect_leaves(operation, repository, index, false, 0, leaves);
    auto chosen = choose_leaf(platform_, leaves);
    if (!chosen) {
        leaves.clear();
        collect_leaves(operation, repository, index, true, 0, leaves);
        chosen = choose_leaf(platform_, leaves);
    }
    if (!chosen) {
        std::vector<std::string> names;
        for (const Leaf &leaf : leaves) names.push_back(leaf.platform.str());
        throw Error(Kind::not_found, name + " has no image for " + platform_.str() + "; there are: " + (names.empty() ? "none" : join(names)),
                    "choose one of them with -a");
    }
    const Leaf &leaf = leaves[*chosen];
    HttpReply child = repository.manifest(operation, leaf.descriptor.digest);
    if (leaf.descriptor.size != child.body.size())
        throw Error(Kind::integrity, "the manifest " + leaf.descriptor.digest + " of " + name + " has " + std::to_string(child.body.size()) +
                                         " bytes, while its index says " + std::to_string(leaf.descriptor.size));
    const auto inner = parse_manifest(child.body, child.header("Content-Type"), "the manifest of " + name);
    const auto *manifest = std::get_if<Manifest>(&inner);
    if (!manifest) throw Error(Kind::integrity, name + " has an index where its own index promises a manifest");
    return image_from(operation, repository, *manifest, {{leaf.descriptor.digest, manifest->media_type, child.body.size(), {}}, leaf.platform},
                      std::move(child.body));
}

Image Pull::image_from(const Operation &operation, Repository &repository, const Manifest &manifest,
                       std::pair<Descriptor, Platform> described, std::string body) const {
    Image image;
    image.reference = repository.reference();
    image.manifest = std::move(described.first);
    image.platform = std::move(described.second);
    image.manifest_json = std::move(body);
    image.config = manifest.config;
    image.config_json = repository.small_blob(operation, image.config, most_manifest_bytes);
    const std::string name = image.reference.str();
    const ImageConfig config = parse_config(image.config_json, "the config of " + name);
    image.created = config.created;
    if (config.diff_ids.size() != manifest.layers.size())
        throw Error(Kind::integrity, name + " has " + std::to_string(manifest.layers.size()) + " layers and " +
                                         std::to_string(config.diff_ids.size()) + " diff_ids",
                    "the image is damaged: tell its publisher");
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) image.layers.push_back({manifest.layers[i], config.diff_ids[i]});
    if (image.platform.os.empty()) image.platform = config.platform; // no index said it
    if (!choose_platform(platform_, {image.platform}))
        throw Error(Kind::not_found, name + " has no image for " + platform_.str() + "; there is only " + image.platform.str(),
                    "choose it with -a " + image.platform.short_name());
    return image;
}

PulledArchive Pull::make(const Operation &operation, Target target) {
    ArchiveJob job;
    job.path = target.path;
    job.packer = packer_.get();
    job.rules = request_.fetch;
    job.rules.retry = request_.client.retry;
    job.force = request_.force;
    PulledArchive result;
    result.path = target.path;
    result.format = packer_->id();
    for (auto &[image, repository] : target.images) {
        result.images.push_back({image.reference.str(), image.platform.str(), image.manifest.digest, image.config.digest, image.layers, image.names});
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
    if (const std::uint64_t room = disk_.free_space(folder); room < planned.size)
        throw Error(Kind::disk, "the archive needs " + std::string(planned.exact ? "" : "at least ") + human(planned.size) +
                                    ", and " + folder + " has " + human(room) + " left",
                    "free some space, or choose a larger disk with -o DIR");
    operation.log().info("writing " + job.path + ", " + std::to_string(planned.blobs.size()) + " blobs, " + human(planned.transfer) + " to fetch");
    result.size = make_archive(job, planned, disk_, operation, observer_);
    result.exact = true;
    operation.log().info("done: " + job.path + ", " + std::to_string(result.size) + " bytes");
    return result;
}

} // namespace ferry::core
