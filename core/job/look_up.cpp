#include "core/job/look_up.h"

#include "core/registry/open_sizes.h"
#include "core/registry/resolve.h"

#include <ferry/text.hpp>

#include <utility>

namespace ferry::core {

namespace {

std::vector<std::string> names_of(const Operation &operation, const Reference &typed, const std::string &tag) {
    if (!tag.empty()) return {archive_name(tag, typed.tag)};
    if (!typed.tag.empty()) return {archive_name(typed)};
    operation.log().warning(say("the image was asked for by digest alone and has no name in the archive; "
                                "give it one with --tag NAME"));
    return {};
}

} // namespace

FoundImages look_up(const Operation &operation, Access &access, const Reference &typed,
                    const std::optional<Platform> &platform, const std::string &tag) {
    operation.log().info(
        say("image {}, registry backend {}", typed.str(), access.backend_for(typed.registry, operation.log()).id()));
    return access.resolve(operation, typed, [&](std::shared_ptr<Repository> repository) {
        FoundImages found;
        repository->manifest(operation, repository->reference().tag_or_digest(), [&](HttpReply reply, bool) {
            if (platform)
                found.images = {resolve_image(operation, *repository, std::move(reply), *platform)};
            else
                found.images = resolve_all(operation, *repository, std::move(reply));
        });
        find_open_sizes(operation, *repository, found.images);
        const std::vector<std::string> names = names_of(operation, typed, tag);
        for (Image &image : found.images) {
            image.names = names;
            operation.log().info(say("manifest {}, platform {}, {} layers", image.manifest.digest, image.platform.str(),
                                     image.layers.size()));
        }
        found.repository = std::move(repository);
        return found;
    });
}

} // namespace ferry::core
