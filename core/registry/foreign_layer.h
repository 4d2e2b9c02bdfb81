// Foreign layers: blobs that the registry does not hold but names URLs for (image-spec, descriptor.md, `urls`).
#pragma once

#include "core/http/redirect.h"
#include "core/registry/blob_stream.h"

namespace ferry::core {

// May a layer of a registry at `registry_host` be fetched from `url` (pure)? Only over http and https, and from an
// address of a private network only as a redirect may lead there (enters_private). Throws Error(access).
void check_foreign_url(const std::string &url, const std::string &registry_host, const RedirectRules &rules);

// Opens [begin, end) of the blob at the first of its URLs that has it; no credentials go there. Throws Error, which
// names each place that was tried.
BlobStream open_foreign_layer(const Operation &operation, const Client &client, const Descriptor &descriptor,
                              std::uint64_t begin, std::uint64_t end, const std::string &registry_host);

} // namespace ferry::core
