#include "core/registry/resolve.h"

#include "core/base/digest.h"

#include <ferry/text.hpp>

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

Image image_from(const Operation &operation, Repository &repository, const Manifest &manifest,
                 std::pair<Descriptor, Platform> described, std::string body, const Platform &wanted) {
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
        throw Error(Kind::integrity,
                    name + " has " + std::to_string(manifest.layers.size()) + " layers and " +
                        std::to_string(config.diff_ids.size()) + " diff_ids",
                    "the image is damaged: tell its publisher");
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
        image.layers.push_back({manifest.layers[i], config.diff_ids[i]});
    if (image.platform.os.empty()) image.platform = config.platform; // no index said it
    if (!choose_platform(wanted, {image.platform}))
        throw Error(Kind::not_found,
                    name + " has no image for " + wanted.str() + "; there is only " + image.platform.str(),
                    "choose it with -a " + image.platform.short_name());
    return image;
}

} // namespace

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

Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform) {
    const std::string name = repository.reference().str();
    const std::string &wanted_digest = repository.reference().digest;
    const std::string digest = wanted_digest.empty() ? digest_of(reply.body) : wanted_digest;
    if (const auto said = reply.header("Docker-Content-Digest");
        valid_digest(said) && digest_of(reply.body, said) != said)
        operation.log().warning("the registry calls the manifest of " + name + " " + std::string(said) +
                                ", which is not its digest; going on with " + digest);
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), "the manifest of " + name);
    if (const auto *manifest = std::get_if<Manifest>(&parsed))
        return image_from(operation, repository, *manifest, {{digest, manifest->media_type, reply.body.size(), {}}, {}},
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
    if (leaf.descriptor.size != child.body.size())
        throw Error(Kind::integrity, "the manifest " + leaf.descriptor.digest + " of " + name + " has " +
                                         std::to_string(child.body.size()) + " bytes, while its index says " +
                                         std::to_string(leaf.descriptor.size));
    const auto inner = parse_manifest(child.body, child.header("Content-Type"), "the manifest of " + name);
    const auto *manifest = std::get_if<Manifest>(&inner);
    if (!manifest) throw Error(Kind::integrity, name + " has an index where its own index promises a manifest");
    return image_from(operation, repository, *manifest,
                      {{leaf.descriptor.digest, manifest->media_type, child.body.size(), {}}, leaf.platform},
                      std::move(child.body), platform);
}

} // namespace ferry::core
