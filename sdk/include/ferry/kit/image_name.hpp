// ferry/kit/image_name.hpp: names of images as Docker reads them. Link ferry::kit.
//
// Source: distribution/reference, normalize.go and regexp.go. All functions are pure. [any-thread]
#ifndef FERRY_KIT_IMAGE_NAME_HPP
#define FERRY_KIT_IMAGE_NAME_HPP

#include <string>
#include <string_view>

namespace ferry::kit {

// What Docker calls its own registry, whatever host serves it.
inline constexpr std::string_view docker_hub = "docker.io";

// Does `host`, without a port and in lower case, mean Docker Hub?
bool is_docker_hub(std::string_view host) noexcept;

// Does the part of a name before its first slash name a host? It does with a dot or a colon in it, and as localhost.
bool names_host(std::string_view part) noexcept;

// May `name` be a repository: components with slashes between them, 255 characters at most?
//   component := [a-z0-9]+ (separator [a-z0-9]+)*, separator := [_.] | __ | -+
bool valid_repository(std::string_view name) noexcept;
bool valid_repository_component(std::string_view part) noexcept;

// debian is library/debian on Docker Hub, and on most of its mirrors.
std::string with_library(std::string_view repository);
std::string_view without_library(std::string_view repository) noexcept;

struct ImageName {
    std::string repository; // as the user has it: debian, ghcr.io/a/b
    std::string tag;        // latest where none was given

    // With host and all parts: docker.io/library/debian:bookworm. Of Docker Hub's hosts only index.docker.io is taken
    // for docker.io, as by Docker itself.
    std::string full() const;
};
// Of "debian:bookworm". A colon before the last slash belongs to a port.
ImageName split_image_name(std::string_view text);

} // namespace ferry::kit

#endif
