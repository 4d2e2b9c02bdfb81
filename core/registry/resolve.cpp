#include "core/registry/resolve.h"

#include "core/base/digest.h"
#include "core/image/descriptors.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

namespace {

constexpr int deepest_index = 4;

std::optional<std::size_t> choose_leaf(const Platform &wanted, const std::vector<Leaf> &leaves) {
    std::vector<Platform> offered;
    for (const Leaf &leaf : leaves) offered.push_back(leaf.platform);
    if (const auto exact = choose_platform(wanted, offered)) return exact;
    // An entry that leaves its platform open may be the one; its config will tell.
    for (std::size_t i = 0; i < leaves.size(); ++i)
        if (offered[i].os.empty()) return i;
    return std::nullopt;
}

// Without `wanted`, whatever platform it is for.
Image image_from(const Operation &operation, Repository &repository, const Manifest &manifest,
                 std::pair<Descriptor, Platform> described, std::string body, const std::optional<Platform> &wanted) {
    Image image;
    image.reference = repository.reference();
    image.manifest = std::move(described.first);
    image.platform = std::move(described.second);
    image.manifest_json = std::move(body);
    image.manifest.size = image.manifest_json.size(); // callers move the body in the same breath
    image.config = manifest.config;
    image.config_json = repository.small_blob(operation, image.config, most_manifest_bytes);
    image.config.size = image.config_json.size(); // which the manifest may have left open
    image.attachment = manifest.artifact;
    if (image.attachment) {
        for (const Descriptor &layer : manifest.layers) image.layers.push_back({layer, {}});
        return image;
    }
    const std::string name = image.reference.str();
    const ImageConfig config = parse_config(image.config_json, say("the config of {}", name));
    image.created = config.created;
    if (config.diff_ids.size() != manifest.layers.size())
        throw Error(Kind::integrity,
                    say("{} has {} layers and {} diff_ids", name, manifest.layers.size(), config.diff_ids.size()),
                    say("the image is damaged: tell its publisher"));
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
        image.layers.push_back({manifest.layers[i], config.diff_ids[i]});
    if (image.platform.os.empty()) image.platform = config.platform; // no index said it
    if (wanted && !choose_platform(*wanted, {image.platform}))
        throw Error(Kind::not_found,
                    say("{} has no image for {}; there is only {}", name, wanted->str(), image.platform.str()),
                    say("choose it with -a {}", image.platform.short_name()));
    return image;
}

// All manifests below one index, each document fetched once.
class Whole {
public:
    Whole(const Operation &operation, Repository &repository) : operation_(operation), repository_(repository) {}

    void add(const Index &index, std::shared_ptr<const IndexDocument> document) {
        const std::string name = repository_.reference().str();
        path_.push_back(std::move(document));
        if (path_.size() > deepest_index + 1)
            throw Error(Kind::integrity, say("{} has indexes within indexes without end", name));
        for (const Index::Entry &entry : index.entries) {
            HttpReply reply = repository_.manifest(operation_, entry.descriptor.digest);
            if (reply.body.size() != entry.descriptor.size && !size_open(entry.descriptor))
                throw Error(Kind::integrity,
                            say("the manifest {} of {} has {} bytes, while its index says {}", entry.descriptor.digest,
                                name, reply.body.size(), entry.descriptor.size));
            const auto parsed =
                parse_manifest(reply.body, reply.header("Content-Type"),
                               say("the manifest {} of {}", entry.descriptor.digest, name), Artifacts::allowed,
                               Kind::integrity);
            if (const auto *inner = std::get_if<Index>(&parsed)) {
                add(*inner, document_of(*inner, entry.descriptor.digest, std::move(reply.body)));
                continue;
            }
            const auto &manifest = std::get<Manifest>(parsed);
            const auto known = std::find_if(images.begin(), images.end(), [&](const Image &image) {
                return image.manifest.digest == entry.descriptor.digest;
            });
            Image image;
            if (known != images.end()) {
                image = *known; // listed twice: its indexes are others
            } else {
                if (images.size() >= most_manifests)
                    throw Error(Kind::integrity, say("{} lists more than {} manifests", name, most_manifests));
                Manifest described = manifest;
                described.artifact |= entry.attestation;
                image = image_from(operation_, repository_, described,
                                   {{entry.descriptor.digest, manifest.media_type, 0, {}}, entry.platform},
                                   std::move(reply.body), std::nullopt);
            }
            image.indexes = path_;
            images.push_back(std::move(image));
        }
        path_.pop_back();
    }

    static std::shared_ptr<const IndexDocument> document_of(const Index &index, const std::string &digest,
                                                            std::string body) {
        const std::uint64_t size = body.size();
        return std::make_shared<IndexDocument>(IndexDocument{{digest, index.media_type, size, {}}, std::move(body)});
    }

    std::vector<Image> images;

private:
    static constexpr std::size_t most_manifests = 1000;
    const Operation &operation_;
    Repository &repository_;
    std::vector<std::shared_ptr<const IndexDocument>> path_;
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

void collect_leaves(const Operation &operation, Repository &repository, const Index &index, bool open, int depth,
                    std::vector<Leaf> &leaves) {
    const std::string name = repository.reference().str();
    if (depth > deepest_index) throw Error(Kind::integrity, say("{} has indexes within indexes without end", name));
    for (const Index::Entry &entry : index.entries) {
        if (entry.attestation) continue;
        if (!entry.is_index) {
            leaves.push_back({entry.descriptor, entry.platform});
        } else if (open) {
            const HttpReply reply = repository.manifest(operation, entry.descriptor.digest);
            const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), say("the index in {}", name),
                                               Artifacts::refused, Kind::integrity);
            if (const auto *inner = std::get_if<Index>(&parsed))
                collect_leaves(operation, repository, *inner, open, depth + 1, leaves);
            else
                leaves.push_back({entry.descriptor, entry.platform});
        }
    }
}

Error no_such_platform(const std::string &name, const Platform &wanted, const std::vector<Platform> &offered) {
    std::string list, choice;
    for (const Platform &platform : offered) {
        const Platform p = normalized(platform);
        list += (list.empty() ? "" : ", ") + platform.str();
        const bool plain = p.os == "linux" || p.os.empty();
        std::string argument = plain ? p.architecture : p.os + "/" + p.architecture;
        if (!p.variant.empty() && !(p.architecture == "arm64" && p.variant == "v8")) argument += "/" + p.variant;
        if (choice.find("-a " + argument + ",") == choice.npos) choice += "-a " + argument + ", ";
    }
    if (offered.empty()) return {Kind::not_found, say("{} has no image for any platform", name)};
    choice.resize(choice.size() - 2);
    return {Kind::not_found, say("{} has no image for {}; there are: {}", name, wanted.str(), list),
            say("choose one of them: {}", choice)};
}

std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply) {
    const std::string name = repository.reference().str();
    const std::string digest = digest_of_reply(operation, repository, reply);
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), say("the manifest of {}", name),
                                       Artifacts::refused, blame_for(repository.reference()));
    std::vector<Image> images;
    if (const auto *manifest = std::get_if<Manifest>(&parsed)) {
        images.push_back(image_from(operation, repository, *manifest, {{digest, manifest->media_type, 0, {}}, {}},
                                    std::move(reply.body), std::nullopt));
        return images;
    }
    const auto &index = std::get<Index>(parsed);
    Whole whole(operation, repository);
    whole.add(index, Whole::document_of(index, digest, std::move(reply.body)));
    images = std::move(whole.images);
    if (std::all_of(images.begin(), images.end(), [](const Image &image) { return image.attachment; }))
        throw Error(Kind::not_found, say("{} holds no image for any platform", name),
                    say("the index is empty, or holds only what describes images: tell its publisher"));
    return images;
}

Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform) {
    const std::string name = repository.reference().str();
    const std::string digest = digest_of_reply(operation, repository, reply);
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), say("the manifest of {}", name),
                                       Artifacts::refused, blame_for(repository.reference()));
    if (const auto *manifest = std::get_if<Manifest>(&parsed))
        return image_from(operation, repository, *manifest, {{digest, manifest->media_type, 0, {}}, {}},
                          std::move(reply.body), platform);

    const auto &index = std::get<Index>(parsed);
    std::vector<Leaf> leaves;
    collect_leaves(operation, repository, index, false, 0, leaves);
    auto chosen = choose_leaf(platform, leaves);
    if (!chosen) {
        leaves.clear();
        collect_leaves(operation, repository, index, true, 0, leaves);
        chosen = choose_leaf(platform, leaves);
    }
    if (!chosen) {
        std::vector<Platform> offered;
        for (const Leaf &leaf : leaves) offered.push_back(leaf.platform);
        throw no_such_platform(name, platform, offered);
    }
    const Leaf &leaf = leaves[*chosen];
    // The index may carry the manifest itself (image-spec, descriptor.md, `data`).
    const bool carried = !leaf.descriptor.data.empty() &&
                         digest_of(leaf.descriptor.data, leaf.descriptor.digest) == leaf.descriptor.digest;
    HttpReply child;
    if (carried)
        child.body = leaf.descriptor.data;
    else
        child = repository.manifest(operation, leaf.descriptor.digest);
    if (leaf.descriptor.size != child.body.size() && !size_open(leaf.descriptor))
        throw Error(Kind::integrity, say("the manifest {} of {} has {} bytes, while its index says {}",
                                         leaf.descriptor.digest, name, child.body.size(), leaf.descriptor.size));
    const auto inner = parse_manifest(child.body, child.header("Content-Type"), say("the manifest of {}", name),
                                      Artifacts::refused, Kind::integrity);
    const auto *manifest = std::get_if<Manifest>(&inner);
    if (!manifest) throw Error(Kind::integrity, say("{} has an index where its own index promises a manifest", name));
    return image_from(operation, repository, *manifest,
                      {{leaf.descriptor.digest, manifest->media_type, 0, {}}, leaf.platform}, std::move(child.body),
                      platform);
}

} // namespace ferry::core
