#include "core/registry/resolve.h"

#include "core/base/digest.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace ferry::core {

namespace {

constexpr int deepest_index = 4;
// More than one index of the largest size can list.
constexpr std::size_t most_leaves = 50'000;

bool says_platform(const Platform &platform) {
    return !platform.os.empty() && !platform.architecture.empty();
}

Error without_end(const std::string &name) {
    return {Kind::integrity, say("{} has indexes within indexes without end", name)};
}

// The image of a manifest, its config fetched. The platform is `said` where that is one, else the config's, whose
// architecture may be empty.
Image image_from(const Operation &operation, Repository &repository, const Manifest &manifest, std::string digest,
                 const Platform &said, std::string body, Artifacts artifacts = Artifacts::refused) {
    Image image;
    image.reference = repository.reference();
    image.manifest = {std::move(digest), manifest.media_type, body.size(), {}};
    image.platform = said;
    image.manifest_json = std::move(body);
    image.config = manifest.config;
    image.config_json = repository.small_blob(operation, image.config, most_manifest_bytes);
    image.config.size = image.config_json.size(); // which the manifest may have left open
    image.attachment = manifest.artifact;
    const std::string name = image.reference.str();
    ImageConfig config;
    try {
        if (!image.attachment) config = config_of(manifest, image.config_json, name);
    } catch (const Error &e) {
        if (e.kind() != Kind::not_found || artifacts == Artifacts::refused) throw;
        image.attachment = true; // its type said nothing
    }
    if (image.attachment) {
        for (const Descriptor &layer : manifest.layers) image.layers.push_back({layer, {}});
        return image;
    }
    image.created = config.created;
    if (config.diff_ids.size() != manifest.layers.size())
        throw Error(Kind::integrity,
                    say("{} has {} layers and {} diff_ids", name, manifest.layers.size(), config.diff_ids.size()),
                    say("the image is damaged: tell its publisher"));
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
        image.layers.push_back({manifest.layers[i], config.diff_ids[i]});
    if (!says_platform(said)) image.platform = config.platform;
    return image;
}

// Does the image serve `wanted`? One that does not say its architecture is taken for that, as docker does.
bool serves(const Operation &operation, const Platform &wanted, Image &image) {
    if (!choose_platform(wanted, {image.platform})) return false;
    if (image.platform.architecture.empty()) {
        image.platform = normalized(wanted);
        operation.log().warning(
            say("the config of {} does not say for which architecture the image is; it is taken for {}",
                image.reference.str(), image.platform.str()));
    }
    return true;
}

void collect(Children &children, const Index &index, bool open, int depth, std::set<std::string> &seen,
             Leaves &leaves) {
    const std::string name = children.repository().reference().str();
    if (depth > deepest_index) throw without_end(name);
    for (const Index::Entry &entry : index.entries) {
        if (entry.attestation) continue;
        if (!entry.is_index) {
            if (!seen.insert(entry.descriptor.digest + ' ' + entry.platform.str()).second) continue;
            if (leaves.all.size() == most_leaves)
                throw Error(Kind::integrity, say("{} lists more than {} manifests", name, most_leaves));
            leaves.all.push_back({entry.descriptor, entry.platform, entry.special});
            continue;
        }
        if (!open || !seen.insert(entry.descriptor.digest).second) continue;
        HttpReply reply;
        try {
            reply = children.fetch(entry.descriptor, entry.platform);
        } catch (const Error &e) {
            if (e.kind() != Kind::not_found) throw;
            children.operation().log().warning(e.message);
            if (!leaves.missing) leaves.missing = e;
            continue;
        }
        std::optional<std::variant<Index, Manifest>> parsed;
        try {
            parsed = children.read(reply, entry.descriptor);
        } catch (const Error &e) { // something else than its media type says
            children.operation().log().info(e.message);
            continue;
        }
        if (const auto *inner = std::get_if<Index>(&*parsed))
            collect(children, *inner, open, depth + 1, seen, leaves);
        else
            leaves.all.push_back({entry.descriptor, entry.platform, entry.special});
    }
}

// Tries leaves until one is the image that is wanted.
class Search {
public:
    Search(Children &children, const Platform &wanted) : children_(children), wanted_(wanted) {}

    std::optional<Image> among(const std::vector<Leaf> &leaves) {
        for (const std::size_t place : candidates(wanted_, leaves)) {
            const Leaf &leaf = leaves[place];
            if (!tried_.insert(leaf.descriptor.digest).second) continue;
            if (auto image = from(leaf)) return image;
        }
        return std::nullopt;
    }
    // Why what the index calls the image is not one.
    const std::optional<Error> &failure() const noexcept { return failure_; }
    // Why anything else that was tried is not.
    const std::optional<Error> &doubt() const noexcept { return doubt_; }
    // What configs said of leaves whose index leaves the platform open.
    const std::vector<Platform> &others() const noexcept { return others_; }

private:
    std::optional<Image> from(const Leaf &leaf) {
        const Operation &operation = children_.operation();
        HttpReply reply;
        try {
            reply = children_.fetch(leaf.descriptor, leaf.platform);
        } catch (const Error &e) {
            // A missing image is not replaced by the next best one.
            if (e.kind() != Kind::not_found || stated(leaf)) throw;
            return passed(leaf, e);
        }
        std::variant<Index, Manifest> parsed;
        try {
            parsed = children_.read(reply, leaf.descriptor);
            if (std::holds_alternative<Index>(parsed))
                throw Error(Kind::integrity, say("{} has an index where its own index promises a manifest",
                                                 children_.repository().reference().str()));
        } catch (const Error &e) {
            return passed(leaf, e);
        }
        try {
            const auto *manifest = std::get_if<Manifest>(&parsed);
            Image image = image_from(operation, children_.repository(), *manifest, leaf.descriptor.digest,
                                     leaf.platform, std::move(reply.body));
            if (serves(operation, wanted_, image)) return image;
            others_.push_back(image.platform);
            return std::nullopt;
        } catch (const Error &e) {
            // What is something else may stand beside the image. One that is damaged, or whose config is gone, is not
            // replaced either.
            const bool something_else = e.kind() == Kind::not_found && !e.http_status;
            if (!something_else && (stated(leaf) || (e.kind() != Kind::not_found && e.kind() != Kind::integrity)))
                throw;
            return passed(leaf, e);
        }
    }
    static bool stated(const Leaf &leaf) { return says_platform(leaf.platform) && !leaf.special; }
    std::nullopt_t passed(const Leaf &leaf, const Error &e) {
        children_.operation().log().info(e.message);
        std::optional<Error> &reason = stated(leaf) ? failure_ : doubt_;
        if (!reason) reason = e;
        return std::nullopt;
    }

    Children &children_;
    const Platform &wanted_;
    std::set<std::string> tried_;
    std::optional<Error> failure_, doubt_;
    std::vector<Platform> others_;
};

// All manifests below one index, each document fetched once.
class Whole {
public:
    explicit Whole(Children &children) : children_(children) {}

    // Throws Error where something of it is missing or cannot be kept.
    std::vector<Image> take(const Index &index, const std::string &digest, std::string body) {
        add(index, digest, std::move(body));
        const bool any =
            std::any_of(images_.begin(), images_.end(), [](const Image &image) { return !image.attachment; });
        const std::string name = children_.repository().reference().str();
        if (!any)
            throw Error(Kind::not_found, say("{} holds no image for any platform", name),
                        say("the index is empty, or holds only what describes images: tell its publisher"));
        for (const auto &[inner, first] : below_)
            if (!first) // packers get indexes with the images they lead to
                throw Error(Kind::integrity, say("the index {} of {} leads to nothing", inner, name), one_platform());
        return std::move(images_);
    }

private:
    static Text one_platform() {
        return say("an archive of all platforms would have a hole; take one platform: -a amd64, for example");
    }

    // The first image below the index: its place, or nothing.
    std::optional<std::size_t> add(const Index &index, const std::string &digest, std::string body) {
        children_.keep(body.size());
        const std::uint64_t size = body.size();
        path_.push_back(
            std::make_shared<IndexDocument>(IndexDocument{{digest, index.media_type, size, {}}, std::move(body)}));
        if (path_.size() > deepest_index + 1) throw without_end(children_.repository().reference().str());
        std::optional<std::size_t> first;
        for (const Index::Entry &entry : index.entries) {
            const auto found = add(entry);
            if (!first) first = found;
        }
        path_.pop_back();
        below_[digest] = first;
        return first;
    }

    std::optional<std::size_t> add(const Index::Entry &entry) {
        const std::string &digest = entry.descriptor.digest;
        if (const auto image = place_.find(digest); image != place_.end()) return again(image->second, 0);
        if (const auto inner = below_.find(digest); inner != below_.end()) {
            if (!inner->second) return std::nullopt;
            // Listed by another index, too: the image below it shows the way from there.
            const auto &way = images_[*inner->second].indexes;
            const auto from =
                std::find_if(way.begin(), way.end(), [&](const auto &one) { return one->blob.digest == digest; });
            return again(*inner->second, static_cast<std::size_t>(from - way.begin()));
        }
        HttpReply reply;
        std::variant<Index, Manifest> parsed;
        Image image;
        try {
            reply = children_.fetch(entry.descriptor, entry.platform);
            parsed = children_.read(reply, entry.descriptor, Artifacts::allowed);
            if (auto *manifest = std::get_if<Manifest>(&parsed)) {
                manifest->artifact |= entry.attestation;
                image = image_from(children_.operation(), children_.repository(), *manifest, digest, entry.platform,
                                   std::move(reply.body), Artifacts::allowed);
            }
        } catch (Error &e) {
            if ((e.kind() == Kind::not_found || e.kind() == Kind::integrity) && !children_.spent())
                e.remedy = one_platform();
            throw;
        }
        if (const auto *inner = std::get_if<Index>(&parsed)) return add(*inner, digest, std::move(reply.body));
        children_.keep(image.manifest_json.size() + image.config_json.size());
        place_[digest] = images_.size();
        return put(std::move(image));
    }

    // The image of that place under path_, and under its own path from `from` on, unless all these indexes were carried
    // before. Returns its place there.
    std::size_t again(std::size_t place, std::size_t from) {
        auto way = path_;
        const auto &own = images_[place].indexes;
        if (from) way.insert(way.end(), own.begin() + std::ptrdiff_t(from), own.end());
        if (std::all_of(way.begin(), way.end(), [&](const auto &one) { return carried_.count(one->blob.digest); }))
            return place;
        Image image = images_[place];
        children_.keep(image.manifest_json.size() + image.config_json.size());
        path_.swap(way);
        const std::size_t added = put(std::move(image));
        path_.swap(way);
        return added;
    }

    std::size_t put(Image image) {
        image.indexes = path_;
        for (const auto &index : path_) carried_.insert(index->blob.digest);
        images_.push_back(std::move(image));
        return images_.size() - 1;
    }

    Children &children_;
    std::vector<Image> images_;
    std::vector<std::shared_ptr<const IndexDocument>> path_;
    std::set<std::string> carried_;                           // indexes that an image leads to
    std::map<std::string, std::size_t> place_;                // of images by their digest
    std::map<std::string, std::optional<std::size_t>> below_; // by the digest of an index: the first image below it
};

// The digest of what a tag or digest led to; warns of a registry that calls it otherwise.
std::string digest_of_reply(const Operation &operation, const Repository &repository, const HttpReply &reply) {
    const std::string &wanted_digest = repository.reference().digest;
    const std::string digest = wanted_digest.empty() ? digest_of(reply.body) : wanted_digest;
    if (const auto said = reply.header("Docker-Content-Digest");
        valid_digest(said) && digest_of(reply.body, said) != said)
        operation.log().warning(
            say("the registry calls the manifest of {} {}, which is not its digest; going on with {}",
                repository.reference().str(), said, digest));
    return digest;
}

} // namespace

ImageConfig config_of(const Manifest &manifest, std::string_view config_json, const std::string &name) {
    ImageConfig config = parse_config(config_json, say("the config of {}", name));
    if (config.diff_ids.empty() && !manifest.layers.empty())
        throw Error(Kind::not_found,
                    say("{} is not a container image: its config names no layers (rootfs.diff_ids)", name),
                    say("ferry packs container images; helm charts, signatures and the like need their own tool"));
    return config;
}

Leaves collect_leaves(Children &children, const Index &index, bool open) {
    Leaves leaves;
    std::set<std::string> seen;
    collect(children, index, open, 0, seen, leaves);
    return leaves;
}

std::vector<std::size_t> candidates(const Platform &wanted, const std::vector<Leaf> &leaves) {
    std::vector<Platform> offered;
    for (const Leaf &leaf : leaves) offered.push_back(leaf.platform);
    std::vector<std::size_t> order, open, special;
    for (const std::size_t place : rank_platforms(wanted, offered))
        if (says_platform(offered[place])) (leaves[place].special ? special : order).push_back(place);
    for (std::size_t i = 0; i < leaves.size(); ++i)
        if (!says_platform(offered[i])) (leaves[i].special ? special : open).push_back(i);
    order.insert(order.end(), open.begin(), open.end());
    order.insert(order.end(), special.begin(), special.end());
    return order;
}

Error no_such_platform(const std::string &name, const Platform &wanted, const std::vector<Platform> &offered) {
    std::string list, choice;
    std::set<std::string> listed;
    for (const Platform &platform : offered) {
        if (!says_platform(platform) || !listed.insert(platform.str()).second) continue;
        list += (list.empty() ? "" : ", ") + platform.str();
        const std::string argument = platform.argument();
        if (!argument.empty() && listed.insert("-a " + argument).second)
            choice += (choice.empty() ? "-a " : ", -a ") + argument;
    }
    if (list.empty()) return {Kind::not_found, say("{} has no image for any platform", name)};
    return {Kind::not_found, say("{} has no image for {}; there are: {}", name, wanted.str(), list),
            choice.empty() ? std::string() : say("choose one of them: {}", choice)};
}

std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply) {
    const std::string digest = digest_of_reply(operation, repository, reply);
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"),
                                       say("the manifest of {}", repository.reference().str()), Artifacts::refused,
                                       blame_for(repository.reference()));
    if (const auto *manifest = std::get_if<Manifest>(&parsed)) {
        std::vector<Image> images;
        images.push_back(image_from(operation, repository, *manifest, digest, {}, std::move(reply.body)));
        if (images.front().platform.architecture.empty()) serves(operation, {"linux", "amd64", ""}, images.front());
        return images;
    }
    Children children(operation, repository);
    return Whole(children).take(std::get<Index>(parsed), digest, std::move(reply.body));
}

Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform) {
    const std::string name = repository.reference().str();
    const std::string digest = digest_of_reply(operation, repository, reply);
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), say("the manifest of {}", name),
                                       Artifacts::refused, blame_for(repository.reference()));
    if (const auto *manifest = std::get_if<Manifest>(&parsed)) {
        Image image = image_from(operation, repository, *manifest, digest, {}, std::move(reply.body));
        if (serves(operation, platform, image)) return image;
        const std::string argument = image.platform.argument();
        throw Error(Kind::not_found,
                    say("{} has no image for {}; there is only {}", name, platform.str(), image.platform.str()),
                    argument.empty() ? std::string() : say("choose it with -a {}", argument));
    }
    const auto &index = std::get<Index>(parsed);
    Children children(operation, repository);
    Search search(children, platform);
    Leaves leaves = collect_leaves(children, index, false);
    if (auto image = search.among(leaves.all)) return *std::move(image);
    leaves = collect_leaves(children, index, true);
    if (auto image = search.among(leaves.all)) return *std::move(image);
    if (search.failure()) throw *search.failure();
    if (leaves.missing) throw *leaves.missing;
    std::vector<Platform> offered = search.others();
    for (const Leaf &leaf : leaves.all)
        if (!leaf.special && says_platform(leaf.platform)) offered.push_back(leaf.platform);
    if (offered.empty() && search.doubt()) throw *search.doubt();
    throw no_such_platform(name, platform, offered);
}

} // namespace ferry::core
