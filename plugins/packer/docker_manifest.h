// What both `docker save` layouts share: manifest.json and repositories.
// Source: moby 20.10, image/tarexport.
#pragma once

#include <ferry/packer.hpp>

#include <map>
#include <string>
#include <vector>

namespace packer {

// manifest.json and repositories as they grow, image by image.
class DockerManifest {
public:
    // `key` tells images apart: a second image with the key of an earlier one only adds its names to it. `top` is what
    // `repositories` points to, empty for an image without layers.
    void add(const std::string &key, const ferry_image &image, const std::string &config_path,
             const std::vector<std::string> &layer_paths, std::string_view top);

    std::string manifest_json() const;
    // Empty when no image has a name.
    std::string repositories() const;

private:
    struct Item {
        std::string key;
        std::string config;
        std::vector<std::string> names;
        std::vector<std::string> layers;
    };
    std::vector<Item> items_;
    std::map<std::string, std::map<std::string, std::string>> repositories_;
};

} // namespace packer
