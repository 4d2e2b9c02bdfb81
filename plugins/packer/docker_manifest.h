// What both `docker save` layouts share: manifest.json, repositories, and the names in them.
// Source: moby 20.10, image/tarexport; distribution/reference, normalize.go.
#pragma once

#include <ferry/packer.hpp>

#include <map>
#include <string>
#include <vector>

namespace packer {

struct Name {
    std::string repository; // as the user has it: debian, ghcr.io/a/b
    std::string tag;
};

// "debian:bookworm" taken apart; without a tag it is latest, as for Docker.
Name name_of(std::string_view text);

// With host and all parts: docker.io/library/debian:bookworm.
std::string full_name(const Name &name);

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
