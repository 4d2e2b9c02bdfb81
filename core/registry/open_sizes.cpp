#include "core/registry/open_sizes.h"

#include "core/image/descriptors.h"

#include <ferry/text.hpp>

namespace ferry::core {

void find_open_sizes(const Operation &operation, Repository &repository, std::vector<Image> &images) {
    std::map<std::string, std::uint64_t> found;
    for (Image &image : images)
        for (Layer &layer : image.layers) {
            if (!size_open(layer.blob)) continue;
            auto known = found.find(layer.blob.digest);
            if (known == found.end()) {
                known = found.emplace(layer.blob.digest, repository.blob_size(operation, layer.blob)).first;
                operation.log().warning(
                    say("the manifest of {} says that the layer {} has 0 bytes; the registry says {}",
                        image.reference.str(), layer.blob.digest, known->second));
            }
            layer.blob.size = known->second;
        }
}

} // namespace ferry::core
