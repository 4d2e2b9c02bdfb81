// One repository on its endpoints, by the OCI Distribution Specification 1.1: manifests and blobs, with credentials.
//
// What a mirror answers counts only where it is of use; the registry itself has the last word. [any-thread]
#pragma once

#include "core/image/manifest.h"
#include "core/registry/authorizer.h"
#include "core/registry/backend.h"
#include "core/registry/mirrors.h"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace ferry::core {

// Bytes of a blob on their way.
struct BlobStream {
    std::unique_ptr<ferry::Response> response;
    std::uint64_t begin = 0;                  // where in the blob the body begins: 0 when the server ignored the range
    std::optional<std::uint64_t> length = {}; // of the body, where the server tells it
};

// `value` of a Content-Range field (RFC 9110 section 14.4), checked against what was asked for (pure).
bool content_range_fits(std::string_view value, std::uint64_t begin, std::uint64_t size) noexcept;

// Asks for [begin, end) of the blob where that is not the whole.
void add_range(HttpRequest &request, const Descriptor &descriptor, std::uint64_t begin, std::uint64_t end);
// The stream of an answer from `host` with the blob or the range, which it takes over; nothing for any other status.
// Throws Error where the answer is not what was asked for: see Repository::open_blob.
std::optional<BlobStream> accept_blob(std::unique_ptr<ferry::Response> &response, const Descriptor &descriptor,
                                      std::uint64_t begin, std::uint64_t end, const std::string &host);

class Repository {
public:
    // `backend` and `client` must outlive it. `insecure`: https may fall back to plain http on these endpoints,
    // too, not only on those that allow it. An empty repository in `reference` stands for the registry itself: its
    // catalog.
    Repository(const Backend &backend, const Client &client, Reference reference, Credentials credentials,
               Insecure insecure, Mirrors mirrors = {});

    const Reference &reference() const noexcept { return reference_; }

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
    // no more than most_pages of them (list_bound.h). Throws Error.
    void pages(const Operation &operation, const std::string &path, const std::function<bool(const HttpReply &)> &use);
    // The registry as Reference::registry, with http:// where that is what it speaks.
    std::string spoken_registry(const Operation &operation);
    const Backend &backend() const noexcept { return backend_; }
    const Credentials &credentials() const noexcept { return credentials_; }
    // How many bytes a blob has whose descriptor leaves that open (size_open), as the first endpoint that has it says:
    // its digest is what decides. Throws Error; integrity where nobody says it.
    std::uint64_t blob_size(const Operation &operation, const Descriptor &descriptor);
    // A small blob (a config), verified; of any size up to `limit` where its descriptor leaves that open.
    std::string small_blob(const Operation &operation, const Descriptor &descriptor, std::size_t limit);
    // Opens [begin, end) of a blob on endpoint number `endpoint`, without retries. A range is asked for only where it
    // is not the whole. Throws Error; http_status 416, or 206 for a wrong range, means: do not ask for ranges here.
    BlobStream open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                         std::uint64_t end, std::size_t endpoint);

    std::size_t endpoint_count() const noexcept { return endpoints_.size(); }
    std::string host(std::size_t endpoint) const;
    bool is_mirror(std::size_t endpoint) const { return endpoints_[endpoint].endpoint.mirror; }
    bool is_silent(std::size_t endpoint) const { return health_->silent(host(endpoint)); }
    void set_silent(std::size_t endpoint) { health_->set(host(endpoint), true); }

private:
    struct Place {
        ferry::Endpoint endpoint;
        std::unique_ptr<Authorizer> authorizer; // with the user's login, as far as this endpoint may see it
        bool settled = false;                   // https or http is decided
        std::mutex mutex;
    };
    struct Useless; // what an endpoint answered was in order, but not what is wanted

    std::string url(const Place &place, const std::string &kind, const std::string &what) const;
    std::string list_url(const Place &place, const std::string &path) const;
    HttpReply manifest_from(const Operation &operation, Place &place, const std::string &tag_or_digest, bool patient);
    void add_place(ferry::Endpoint endpoint, Credentials credentials);
    HttpReply ask_for_manifest(const Operation &operation, Place &place, const std::string &tag_or_digest,
                               const Text &what, bool patient);
    // One request with the credentials of `place`, challenges answered. `what` names the thing in errors.
    HttpReply ask(const Operation &operation, Place &place, HttpRequest request, const Text &what, bool patient);
    // Calls `ask` for each endpoint in turn: at first without patience, then, if none answered for now, with it.
    template <class Ask> auto ask_all(const Operation &operation, const Ask &ask);
    // The same for one request of a blob, `once(endpoint)`, with retries where patience is asked for.
    template <class Once> auto ask_for_blob(const Operation &operation, const Once &once);
    void settle(const Operation &operation, Place &place);
    BlobStream open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                         std::uint64_t end, std::size_t endpoint, bool small);
    Error refusal(const Place &place, const HttpReply &reply, const Text &what) const;

    const Backend &backend_;
    const Client &client_;
    Reference reference_;
    Credentials credentials_;
    Insecure insecure_;
    std::shared_ptr<Health> health_;
    std::deque<Place> endpoints_;
};

} // namespace ferry::core
