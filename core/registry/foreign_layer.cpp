#include "core/registry/foreign_layer.h"

#include <ferry/text.hpp>

#include <optional>

namespace ferry::core {

void check_foreign_url(const std::string &url, const std::string &registry_host, const RedirectRules &rules) {
    Url parsed;
    try {
        parsed = Url::parse(url);
    } catch (const Error &) {
        throw Error(Kind::access,
                    say("the image names '{}' for a layer, which is not an http or https URL", redact_url(url)),
                    say("ask the image's publisher for one whose layers are in the registry"));
    }
    if (enters_private(registry_host, parsed.host, rules))
        throw Error(
            Kind::access,
            say("the image sends for a layer to {}, an address within a private network", parsed.authority()),
            say("ask the image's publisher why; if both are in your own network, allow it with --private-redirects"));
}

BlobStream open_foreign_layer(const Operation &operation, const Client &client, const Descriptor &descriptor,
                              std::uint64_t begin, std::uint64_t end, const std::string &registry_host) {
    std::optional<Error> failure;
    for (const std::string &url : descriptor.urls) {
        try {
            check_foreign_url(url, registry_host, client.rules().redirects);
            HttpRequest request{url};
            add_range(request, descriptor, begin, end);
            HttpStream answer = client.open(operation, request);
            if (auto stream = accept_blob(answer, descriptor, begin, end)) return *std::move(stream);
            const std::string host = Url::parse(answer.url).authority();
            const int status = answer.status;
            Error refused(status == 404 ? Kind::not_found : Kind::network, say("{} answers {}", host, status));
            refused.http_status = status;
            refused.retryable = transient_status(status);
            throw refused;
        } catch (const Error &e) {
            if (e.kind() == Kind::interrupted || e.http_status == 416 || e.http_status == 206) throw;
            if (!failure || e.transient()) failure = e;
        }
    }
    if (!failure) throw Error(Kind::not_found, say("the layer {} has no URL", descriptor.digest));
    failure->message =
        say("the layer {} is not in the registry but elsewhere (a foreign layer), and cannot be had there: "
            "{}",
            descriptor.digest, failure->message);
    if (failure->remedy.empty())
        failure->remedy = say("check whether this machine may reach that place; Windows base images are of this kind");
    throw *failure;
}

} // namespace ferry::core
