// ferry/kit/media_types.hpp: media types of images, as registries and archives name them. Header only.
//
// Sources: OCI image-spec 1.1, media-types.md; distribution, Image Manifest V2, Schema 2.
#ifndef FERRY_KIT_MEDIA_TYPES_HPP
#define FERRY_KIT_MEDIA_TYPES_HPP

#include <string_view>

namespace ferry::kit {

inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
// A layer; packed ones end with +gzip or +zstd.
inline constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";

// Docker's index.
inline constexpr std::string_view docker_list = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
// A layer; packed ones end with .gzip, as every registry has them, or .zstd.
inline constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";

// Schema 1, which nobody can load any more: +json or +prettyjws follows.
inline constexpr std::string_view docker_schema1 = "application/vnd.docker.distribution.manifest.v1+";

} // namespace ferry::kit

#endif
