// One repository on its endpoints, by the OCI Distribution Specification 1.1: manifests, lists and blobs.
//
// A mirror's answer counts only where it can be used; the registry itself has the last word. [any-thread]
#pragma once

#include "core/image/manifest.h"
#include "core/registry/backend.h"
#include "core/registry/blob_stream.h"
#include "core/registry/mirrors.h"
#include "core/registry/registry_endpoint.h"

#include <deque>
#include <functional>
#include <memory>

namespace ferry::core {

class Repository {
public:
    // `backend` and `client` must outlive it. `insecure`: https may fall back to plain http on these endpoints,
    // too, not only on those that allow it. An empty repository in `reference` stands for the registry itself: its
    // catalog.
    Repository(const Backend &backend, const Client &client, Reference reference, Credentials credentials,
               Insecure insecure, Mirrors mirrors = {});
    Repository(const Repository &) = delete;
    Repository &operator=(const Repository &) = delete;

    const Reference &reference() const noexcept { return context_.reference; }
    const Backend &backend() const noexcept { return context_.backend; }
    const Credentials &credentials() const noexcept { return credentials_; }

    // The manifest of a tag or digest from the first endpoint that has it. By digest, the body is verified.
    HttpReply manifest(const Operation &operation, const std::string &tag_or_digest);
    // The same for `use`, which makes of it what is wanted and throws Error where it cannot: then the next endpoint is
    // asked, if it was a mirror's, and if it was asked for by tag, as a digest means the same everywhere. `use` may ask
    // for more of the repository, and is told whether the manifest is a mirror's.
    using UseManifest = std::function<void(HttpReply reply, bool from_mirror)>;
    void manifest(const Operation &operation, const std::string &tag_or_digest, const UseManifest &use);
    // The lists of the distribution API from the first endpoint that has them, all pages of it: `path` as
    // "tags/list?n=100" below the repository, or "_catalog?n=100" below /v2/; `use` gets each page and says whether it
    // wants more; where it throws on a mirror's first page, the next endpoint is asked. No page is asked for twice, and
    // no more than most_pages of them (list_limits.h). Throws Error.
    void pages(const Operation &operation, const std::string &path, const std::function<bool(const HttpReply &)> &use);
    // The registry with the scheme http where that is what it speaks, and none otherwise.
    kit::RegistryAddress spoken_registry(const Operation &operation);
    // How many bytes a blob has whose descriptor leaves that open (size_open), as the first endpoint that has it says:
    // its digest is what decides. Throws Error; integrity where no endpoint tells it.
    std::uint64_t blob_size(const Operation &operation, const Descriptor &descriptor);
    // A small blob (a config), verified; of any size up to `limit` where its descriptor leaves that open.
    std::string small_blob(const Operation &operation, const Descriptor &descriptor, std::size_t limit);
    // Opens [begin, end) of a blob on endpoint number `endpoint`, without retries. A range is asked for only where it
    // is not the whole. Throws Error; http_status 416, or 206 for a wrong range, means: do not ask for ranges here.
    BlobStream open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                         std::uint64_t end, std::size_t endpoint);

    std::size_t endpoint_count() const noexcept { return endpoints_.size(); }
    std::string host(std::size_t endpoint) const { return endpoints_[endpoint].host(); }
    bool is_mirror(std::size_t endpoint) const { return endpoints_[endpoint].is_mirror(); }
    bool is_silent(std::size_t endpoint) const { return health_->silent(host(endpoint)); }
    void set_silent(std::size_t endpoint) { health_->set(host(endpoint), true); }

private:
    // Calls `ask(endpoint, attempts)` for one endpoint after the other, settled, until it returns (Failover).
    template <class Ask> auto ask_in_turn(const Operation &operation, const Ask &ask);
    // The same for one request of a blob, `once(endpoint)`, with the retries of its turn.
    template <class Once> auto ask_for_blob(const Operation &operation, const Once &once);
    HttpReply manifest_from(const Operation &operation, RegistryEndpoint &endpoint, const std::string &tag_or_digest,
                            Attempts attempts) const;
    void other_pages(const Operation &operation, RegistryEndpoint &endpoint, const Text &what, HttpReply page,
                     const std::function<bool(const HttpReply &)> &use) const;
    BlobStream open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                         std::uint64_t end, RegistryEndpoint &endpoint, bool timed) const;
    std::string read_small_blob(const Operation &operation, const Descriptor &descriptor, std::size_t limit,
                                RegistryEndpoint &endpoint) const;

    const RepositoryContext context_;
    const Credentials credentials_;
    const std::shared_ptr<Health> health_;
    std::deque<RegistryEndpoint> endpoints_;
};

} // namespace ferry::core
