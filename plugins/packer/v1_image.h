// The image format of Docker before 1.10, which `docker save` still writes for each layer: ids and `json` files.
//
// Source: moby 20.10, image/v1/imagev1.go (CreateID) and image/tarexport/save.go, as a daemon with TZ=UTC runs them.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace packer {

struct V1Layer {
    std::string id;   // 64 hexadecimal digits
    std::string json; // the content of <id>/json
};

// One for each of `diff_ids`, from the base up. `config_json` is the image's config. Throws ferry::kit::JsonError,
// naming the member, for a config that Docker would refuse to load.
std::vector<V1Layer> v1_layers(std::string_view config_json, const std::vector<std::string> &diff_ids);

} // namespace packer
