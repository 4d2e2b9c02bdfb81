#include "core/registry/registry_endpoint.h"

#include "core/image/manifest.h"

#include <ferry/text.hpp>

#include <utility>

namespace ferry::core {

namespace {

constexpr std::string_view encrypted_scheme = "https://", plain_scheme = "http://";

// The registry that is meant, for a mirror of several (containerd's convention).
std::string namespace_of(const Reference &reference) {
    return "ns=" + percent_encode(reference.registry.str(), ":[]");
}

} // namespace

RegistryEndpoint::RegistryEndpoint(const RepositoryContext &context, ferry::Endpoint endpoint, Credentials login)
    : context_(context), repository_(std::move(endpoint.repository)), mirror_(endpoint.mirror),
      plain_allowed_(endpoint.plain_http),
      scope_(context.reference.repository.empty() ? Scope{"registry:catalog", "*"}
                                                  : Scope{"repository:" + repository_, "pull"}),
      authorizer_(context.backend, std::move(login)), base_url_(std::move(endpoint.base_url)) {}

std::string RegistryEndpoint::base_url() const {
    const std::lock_guard lock(mutex_);
    return base_url_;
}

std::string RegistryEndpoint::host() const {
    return Url::parse(base_url()).authority();
}

std::string RegistryEndpoint::url_of(const std::string &kind, const std::string &what) const {
    return base_url() + "/v2/" + percent_encode(repository_, "/") + "/" + kind + "/" + percent_encode(what, ":") +
           (mirror_ ? "?" + namespace_of(context_.reference) : "");
}

std::string RegistryEndpoint::manifest_url(const std::string &tag_or_digest) const {
    return url_of("manifests", tag_or_digest);
}

std::string RegistryEndpoint::blob_url(const std::string &digest) const {
    return url_of("blobs", digest);
}

std::string RegistryEndpoint::list_url(const std::string &path) const {
    const bool catalog = context_.reference.repository.empty();
    return base_url() + "/v2/" + (catalog ? "" : percent_encode(repository_, "/") + "/") + path +
           (mirror_ ? "&" + namespace_of(context_.reference) : "");
}

void RegistryEndpoint::settle(const Operation &operation) {
    const std::lock_guard settling(settling_);
    if (settled_) return;
    const std::string encrypted = base_url();
    if ((plain_allowed_ || context_.insecure.at(Url::parse(encrypted))) &&
        context_.reference.registry.scheme != "https" && encrypted.starts_with(encrypted_scheme)) {
        if (const auto plain = plain_url(operation, encrypted)) {
            operation.log().debug(Url::parse(*plain).authority() + " speaks plain http");
            const std::lock_guard lock(mutex_);
            base_url_ = *plain;
        }
    }
    settled_ = true;
}

std::optional<std::string> RegistryEndpoint::plain_url(const Operation &operation, const std::string &encrypted) const {
    try {
        context_.client.open(operation, {encrypted + "/v2/"});
        return std::nullopt;
    } catch (const Error &failure) {
        if (failure.kind() != Kind::network) throw;
        std::string plain = std::string(plain_scheme) + encrypted.substr(encrypted_scheme.size());
        int status = 0;
        try {
            status = context_.client.open(operation, {plain + "/v2/"}).status;
        } catch (const Error &) {
            operation.throw_if_cancelled();
        }
        // A TLS server answers plain http with 400: then the first failure is the one that counts.
        if (status != 200 && status != 401 && status != 403 && status != 404) throw;
        return plain;
    }
}

HttpStream RegistryEndpoint::open(const Operation &operation, const HttpRequest &request) {
    return authorizer_.exchange(operation, base_url(), scope_, request, [&](const HttpRequest &authorized) {
        return context_.client.open(operation, authorized);
    });
}

HttpReply RegistryEndpoint::ask(const Operation &operation, HttpRequest request, const Text &what, Attempts attempts) {
    // A quota that is used up is not asked again and again.
    request.refuses_for_good = [&](const HttpReply &reply) {
        return refusal(reply, what).status() == FERRY_E_EXHAUSTED;
    };
    HttpReply reply =
        authorizer_.exchange(operation, base_url(), scope_, std::move(request), [&](const HttpRequest &authorized) {
            return context_.client.fetch(operation, authorized, most_manifest_bytes, attempts);
        });
    if (reply.status != 200) throw refusal(reply, what);
    if (is_markup(reply.body)) throw page_instead_of(what, Url::parse(reply.url).authority());
    return reply;
}

Error RegistryEndpoint::refusal(const HttpReply &reply, const Text &what) const {
    return refusal_of(reply, {base_url(), repository_, authorizer_.credentials().username, what}, context_.backend);
}

} // namespace ferry::core
