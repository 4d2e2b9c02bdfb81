#include "core/registry/image_of_manifest.h"

#include <ferry/text.hpp>

#include <utility>

namespace ferry::core {

namespace {

// The config of `image`, whose bytes are there; nothing where it is an attachment.
std::optional<ImageConfig> config_unless_attachment(const Image &image, const Manifest &manifest, Artifacts artifacts) {
    if (manifest.artifact) return std::nullopt;
    try {
        return config_of(manifest, image.config_json, image.reference.str());
    } catch (const Error &e) {
        if (e.kind() != Kind::not_found || artifacts == Artifacts::refused) throw;
        return std::nullopt; // its type said nothing
    }
}

void add_layers(Image &image, const Manifest &manifest, const ImageConfig &config) {
    if (config.diff_ids.size() != manifest.layers.size())
        throw Error(Kind::integrity,
                    say("{} has {} layers and {} diff_ids", image.reference.str(), manifest.layers.size(),
                        config.diff_ids.size()),
                    say("the image is damaged: tell its publisher"));
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
        image.layers.push_back({manifest.layers[i], config.diff_ids[i]});
}

} // namespace

bool says_platform(const Platform &platform) noexcept {
    return !platform.os.empty() && !platform.architecture.empty();
}

Image image_of_manifest(const Operation &operation, Repository &repository, const Manifest &manifest,
                        std::string digest, const Platform &said, std::string body, Artifacts artifacts) {
    Image image;
    image.reference = repository.reference();
    image.manifest = {std::move(digest), manifest.media_type, body.size(), {}};
    image.platform = said;
    image.manifest_json = std::move(body);
    image.config = manifest.config;
    image.config_json = repository.small_blob(operation, image.config, most_manifest_bytes);
    image.config.size = image.config_json.size(); // which the manifest may have left open
    const auto config = config_unless_attachment(image, manifest, artifacts);
    image.attachment = !config;
    if (!config) {
        for (const Descriptor &layer : manifest.layers) image.layers.push_back({layer, {}});
        return image;
    }
    image.created = config->created;
    add_layers(image, manifest, *config);
    if (!says_platform(said)) image.platform = config->platform;
    return image;
}

ImageConfig config_of(const Manifest &manifest, std::string_view config_json, const std::string &name) {
    ImageConfig config = parse_config(config_json, say("the config of {}", name));
    if (config.diff_ids.empty() && !manifest.layers.empty())
        throw Error(Kind::not_found,
                    say("{} is not a container image: its config names no layers (rootfs.diff_ids)", name),
                    say("ferry packs container images; helm charts, signatures and the like need their own tool"));
    return config;
}

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

} // namespace ferry::core
