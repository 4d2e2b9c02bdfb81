// One image from its manifest: the config fetched, the layers and their diff_ids put together, the platform known.
#pragma once

#include "core/image/image.h"
#include "core/registry/repository.h"

namespace ferry::core {

// Does it name both os and architecture (pure)?
bool says_platform(const Platform &platform) noexcept;

// The image of the manifest `body`, whose digest is `digest`, its config fetched. The platform is `said` where that is
// one, else the config's, whose architecture may be empty. Where artifacts are allowed, one becomes an attachment.
// Throws Error: not_found where it is something else than an image, integrity where it is damaged.
Image image_of_manifest(const Operation &operation, Repository &repository, const Manifest &manifest,
                        std::string digest, const Platform &said, std::string body,
                        Artifacts artifacts = Artifacts::refused);

// The config of a manifest, from its verified bytes; `name` is the image's in errors. Throws Error: not_found where it
// is the config of something else, which names no layers.
ImageConfig config_of(const Manifest &manifest, std::string_view config_json, const std::string &name);

// Does the image serve `wanted`? One that does not say its architecture is taken for that, with a warning, as docker
// does.
bool serves(const Operation &operation, const Platform &wanted, Image &image);

} // namespace ferry::core
