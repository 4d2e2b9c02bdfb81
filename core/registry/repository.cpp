#include "core/registry/repository.h"

#include "core/base/digest.h"
#include "core/http/attempts.h"
#include "core/image/descriptors.h"
#include "core/registry/foreign_layer.h"
#include "core/registry/link_header.h"
#include "core/registry/list_limits.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace ferry::core {

namespace {

Text bad_copy_remedy() {
    return say("the registry or a proxy on the way spoils data; try again or use another mirror");
}

// Registries before distribution 2.6, and what was made from them, compare each Accept field as a whole: they answer a
// list of types with schema 1 or 406. Others read one field only. So both forms are tried.
HttpReply ask_for_manifest(const Operation &operation, RegistryEndpoint &endpoint, const std::string &url,
                           const Text &what, Attempts attempts) {
    HttpRequest request{url, {{"Accept", manifest_accept}}};
    HttpReply reply;
    std::optional<Error> refused;
    try {
        reply = endpoint.ask(operation, request, what, attempts);
        if (!is_schema1(reply.body, reply.header("Content-Type"))) return reply;
    } catch (const Error &e) {
        if (e.http_status != 406) throw;
        refused = e;
    }
    request.headers.clear();
    for (const std::string &type : manifest_accept_types()) request.headers.emplace_back("Accept", type);
    try {
        return endpoint.ask(operation, request, what, attempts);
    } catch (const Error &e) {
        if (e.kind() == Kind::interrupted) throw;
        operation.log().debug(e.message.english());
    }
    if (refused) throw *refused;
    return reply;
}

HttpRequest list_request(std::string url) {
    return {std::move(url), {{"Accept", "application/json"}}};
}

// A signed link that expired, most likely: the registry gives a new one.
std::optional<Error> expired_link(const HttpHead &answer, const std::string &asked, const std::string &digest) {
    const Url from = Url::parse(asked), to = Url::parse(answer.url);
    if ((answer.status != 403 && answer.status != 404 && answer.status != 410) || to.same_origin(from))
        return std::nullopt;
    Error error(FERRY_E_NETWORK,
                say("{}, where {} sent us for the blob {}, answers {}", to.authority(), from.authority(), digest,
                    answer.status),
                say("try again; if it stays so, the link may be bound to another address of yours (a proxy?)"));
    error.http_status = answer.status;
    error.retryable = true;
    return error;
}

HttpReply refusal_in(const Operation &operation, const HttpStream &answer) {
    HttpReply reply{answer};
    try {
        reply.body = ferry::read_words(*answer.response, operation.op(), kit::most_error_bytes);
    } catch (const ferry::Error &) {
        operation.throw_if_cancelled(); // the status says enough
    }
    return reply;
}

} // namespace

Repository::Repository(const Backend &backend, const Client &client, Reference reference, Credentials credentials,
                       Insecure insecure, Mirrors mirrors)
    : context_{backend, client, std::move(reference), std::move(insecure)}, credentials_(std::move(credentials)),
      health_(std::move(mirrors.health)) {
    for (const std::string &mirror : mirrors.places) {
        ferry::Endpoint endpoint = mirror_endpoint(mirror, context_.reference.repository);
        Credentials login = mirrors.login ? mirrors.login(Url::parse(endpoint.base_url).authority()) : Credentials();
        endpoints_.emplace_back(context_, std::move(endpoint), std::move(login));
    }
    for (ferry::Endpoint &endpoint : backend.endpoints(context_.reference)) {
        Url::parse(endpoint.base_url);                                      // a backend's mistake shows here, by name
        Credentials login = endpoint.mirror ? Credentials() : credentials_; // a mirror is another party
        endpoints_.emplace_back(context_, std::move(endpoint), std::move(login));
    }
}

kit::RegistryAddress Repository::spoken_registry(const Operation &operation) {
    RegistryEndpoint &endpoint = endpoints_.back(); // the registry's own stand behind the mirrors
    endpoint.settle(operation);
    kit::RegistryAddress registry = context_.reference.registry;
    registry.scheme = endpoint.base_url().starts_with("http://") ? "http" : "";
    return registry;
}

template <class Ask> auto Repository::ask_in_turn(const Operation &operation, const Ask &ask) {
    std::vector<Failover::Endpoint> endpoints;
    for (const RegistryEndpoint &endpoint : endpoints_) endpoints.push_back({endpoint.host(), endpoint.is_mirror()});
    Failover failover(std::move(endpoints), *health_);
    return failover.ask_in_turn(operation, context_.reference.str(), [&](std::size_t endpoint, Attempts attempts) {
        return ask(endpoints_[endpoint], attempts);
    });
}

HttpReply Repository::manifest(const Operation &operation, const std::string &tag_or_digest) {
    return ask_in_turn(operation, [&](RegistryEndpoint &endpoint, Attempts attempts) {
        return manifest_from(operation, endpoint, tag_or_digest, attempts);
    });
}

void Repository::manifest(const Operation &operation, const std::string &tag_or_digest, const UseManifest &use) {
    // The failure of `use` that ends the search.
    const auto last_word =
        ask_in_turn(operation, [&](RegistryEndpoint &endpoint, Attempts attempts) -> std::optional<Error> {
            HttpReply reply = manifest_from(operation, endpoint, tag_or_digest, attempts);
            try {
                use(std::move(reply), endpoint.is_mirror());
            } catch (const Error &e) {
                const bool its_own = e.kind() != Kind::interrupted && e.kind() != Kind::disk && e.kind() != Kind::usage;
                if (its_own && endpoint.is_mirror() && !valid_digest(tag_or_digest)) throw UnusableAnswer{e};
                return e;
            }
            return std::nullopt;
        });
    if (last_word) throw *last_word;
}

HttpReply Repository::manifest_from(const Operation &operation, RegistryEndpoint &endpoint,
                                    const std::string &tag_or_digest, Attempts attempts) const {
    const Reference &reference = context_.reference;
    const Text what = tag_or_digest == reference.tag || tag_or_digest == reference.digest
                          ? say("the manifest of {}", reference.str())
                          : say("the manifest {} of {}", tag_or_digest, reference.str());
    endpoint.settle(operation);
    HttpReply reply = ask_for_manifest(operation, endpoint, endpoint.manifest_url(tag_or_digest), what, attempts);
    if (valid_digest(tag_or_digest) && digest_of(reply.body, tag_or_digest) != tag_or_digest)
        throw Error(Kind::integrity,
                    say("{} from {} is not what its digest {} promises", what, endpoint.host(), tag_or_digest),
                    bad_copy_remedy());
    return reply;
}

void Repository::pages(const Operation &operation, const std::string &path,
                       const std::function<bool(const HttpReply &)> &use) {
    const Reference &reference = context_.reference;
    const Text what =
        reference.repository.empty() ? say("the list of repositories") : say("the tags of {}", reference.str());
    struct FirstPage {
        RegistryEndpoint *from;
        HttpReply reply;
        bool more;
    };
    FirstPage first = ask_in_turn(operation, [&](RegistryEndpoint &endpoint, Attempts attempts) {
        endpoint.settle(operation);
        FirstPage page{&endpoint, endpoint.ask(operation, list_request(endpoint.list_url(path)), what, attempts),
                       false};
        try {
            page.more = use(page.reply);
        } catch (const Error &e) {
            if (endpoint.is_mirror() && e.kind() != Kind::interrupted) throw UnusableAnswer{e};
            throw;
        }
        return page;
    });
    if (first.more) other_pages(operation, *first.from, what, std::move(first.reply), use);
}

void Repository::other_pages(const Operation &operation, RegistryEndpoint &endpoint, const Text &what, HttpReply page,
                             const std::function<bool(const HttpReply &)> &use) const {
    std::set<std::string> seen = {page.url};
    do {
        if (seen.size() >= most_pages) throw endless_list(endpoint.host(), what);
        const std::string next = next_page(page.all("Link"));
        if (next.empty()) return;
        Url url;
        try {
            url =
                follow(Url::parse(endpoint.base_url()), Url::parse(page.url), next, context_.client.rules().redirects);
        } catch (const Error &e) {
            throw Error(Kind::network, say("{}: its next page: {}", what, e.message), e.remedy);
        }
        if (!seen.insert(url.str()).second) return; // a list that leads back into itself has been seen
        page = endpoint.ask(operation, list_request(url.str()), what, Attempts::by_the_rules);
    } while (use(page));
}

template <class Once> auto Repository::ask_for_blob(const Operation &operation, const Once &once) {
    return ask_in_turn(operation, [&](RegistryEndpoint &endpoint, Attempts attempts) {
        const RetryRules rules = limited_to(attempts, context_.client.rules().retry);
        return make_attempts(rules, operation, [&] { return Attempt<decltype(once(endpoint))>{once(endpoint)}; });
    });
}

std::uint64_t Repository::blob_size(const Operation &operation, const Descriptor &descriptor) {
    return ask_for_blob(operation, [&](RegistryEndpoint &endpoint) {
        const BlobStream stream = open_blob(operation, descriptor, 0, descriptor.size, endpoint, true);
        if (!stream.length || *stream.length == 0)
            throw Error(
                Kind::integrity,
                say("the manifest of {} says that the blob {} has 0 bytes, which its digest denies, and {} does "
                    "not say how many it has",
                    context_.reference.str(), descriptor.digest, endpoint.host()),
                say("the image is damaged: tell its publisher"));
        return *stream.length;
    });
}

std::string Repository::small_blob(const Operation &operation, const Descriptor &descriptor, std::size_t limit) {
    if (descriptor.size > limit)
        throw Error(Kind::integrity, say("the config of {} claims to have {} bytes, which no config has",
                                         context_.reference.str(), descriptor.size));
    // The descriptor may carry the bytes themselves (image-spec, descriptor.md, `data`).
    if (!descriptor.data.empty() && descriptor.data.size() == descriptor.size &&
        digest_of(descriptor.data, descriptor.digest) == descriptor.digest)
        return descriptor.data;
    return ask_for_blob(
        operation, [&](RegistryEndpoint &endpoint) { return read_small_blob(operation, descriptor, limit, endpoint); });
}

std::string Repository::read_small_blob(const Operation &operation, const Descriptor &descriptor, std::size_t limit,
                                        RegistryEndpoint &endpoint) const {
    const BlobStream stream = open_blob(operation, descriptor, 0, descriptor.size, endpoint, true);
    const bool open = size_open(descriptor);
    const std::uint64_t most = open ? limit : descriptor.size;
    std::string body;
    try { // one byte too many is enough to know
        std::vector<char> buffer(16 << 10);
        while (body.size() <= most) {
            const std::size_t got = stream.response->read(operation.op(), buffer.data(), buffer.size());
            if (got == 0) break;
            body.append(buffer.data(), got);
        }
    } catch (const ferry::Error &e) {
        operation.throw_if_cancelled();
        throw Error::from(e, endpoint.host());
    }
    if (body.size() > most || (!open && body.size() != descriptor.size) ||
        digest_of(body, descriptor.digest) != descriptor.digest)
        throw Error(Kind::integrity,
                    say("the config {} from {} is not what its digest promises", descriptor.digest, endpoint.host()),
                    bad_copy_remedy());
    return body;
}

BlobStream Repository::open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                                 std::uint64_t end, std::size_t endpoint) {
    return open_blob(operation, descriptor, begin, end, endpoints_[endpoint], false);
}

BlobStream Repository::open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                                 std::uint64_t end, RegistryEndpoint &endpoint, bool timed) const {
    endpoint.settle(operation);
    HttpRequest request{endpoint.blob_url(descriptor.digest)};
    request.body_timed = timed;
    add_range(request, descriptor, begin, end);
    HttpStream answer = endpoint.open(operation, request);
    if (auto stream = accept_blob(answer, descriptor, begin, end)) return *std::move(stream);
    if (const auto expired = expired_link(answer, request.url, descriptor.digest)) throw *expired;
    const HttpReply refusal = refusal_in(operation, answer);
    if (!descriptor.urls.empty() && (refusal.status == 404 || refusal.status == 403))
        return open_foreign_layer(operation, context_.client, descriptor, begin, end,
                                  Url::parse(endpoint.base_url()).host);
    throw endpoint.refusal(refusal, say("the blob {}", descriptor.digest));
}

} // namespace ferry::core
