#include "core/registry/child_manifests.h"

#include "core/base/digest.h"
#include "core/base/size.h"
#include "core/image/descriptors.h"

#include <ferry/text.hpp>

namespace ferry::core {

Text ChildManifests::name_of(const Descriptor &descriptor) const {
    return say("the manifest {} of {}", descriptor.digest, repository_.reference().str());
}

HttpReply ChildManifests::fetch(const Descriptor &descriptor, const Platform &platform) {
    HttpReply reply;
    // The index may carry the manifest itself (image-spec, descriptor.md, `data`).
    if (!descriptor.data.empty() && digest_of(descriptor.data, descriptor.digest) == descriptor.digest) {
        reply.status = 200;
        reply.body = descriptor.data;
    } else {
        if (asked_ == most) {
            spent_ = true;
            throw Error(
                Kind::integrity,
                say("{} leads to more than {} manifests, which no image needs", repository_.reference().str(), most),
                say("tell its publisher; one platform may still be had by its digest: NAME@sha256:..."));
        }
        ++asked_;
        try {
            reply = repository_.manifest(operation_, descriptor.digest);
        } catch (Error &e) {
            if (e.kind() != Kind::not_found) throw;
            e.message = platform.os.empty() ? say("{}, which its index lists", e.message)
                                            : say("{}, which its index lists for {}", e.message, platform.str());
            e.remedy =
                say("it may have been deleted in the registry: ask its publisher to push the image again, or take "
                    "another tag or platform");
            throw;
        }
    }
    if (reply.body.size() != descriptor.size && !size_open(descriptor))
        operation_.log().warning(say("{} has {} bytes, while its index says {}; its digest is right",
                                     name_of(descriptor), reply.body.size(), descriptor.size));
    return reply;
}

std::variant<Index, Manifest> ChildManifests::read(const HttpReply &reply, const Descriptor &descriptor,
                                                   Artifacts artifacts) const {
    return parse_manifest(reply.body, reply.header("Content-Type"), name_of(descriptor), artifacts, Kind::integrity);
}

Manifest ChildManifests::read_manifest(const HttpReply &reply, const Descriptor &descriptor) const {
    auto parsed = read(reply, descriptor);
    if (auto *manifest = std::get_if<Manifest>(&parsed)) return std::move(*manifest);
    throw Error(Kind::integrity,
                say("{} has an index where its own index promises a manifest", repository_.reference().str()));
}

void ChildManifests::keep(std::size_t bytes) {
    kept_ += bytes;
    if (kept_ <= most_bytes) return;
    spent_ = true;
    throw Error(Kind::integrity,
                say("the manifests and configs of {} have more than {}, which no image needs",
                    repository_.reference().str(), human_size(most_bytes)),
                say("take one platform: -a amd64, for example"));
}

} // namespace ferry::core
