#include "backend.h"

#include "place.h"

#include <ferry/kit/address.hpp>
#include <ferry/kit/base64.hpp>
#include <ferry/kit/error_document.hpp>
#include <ferry/kit/image_name.hpp>
#include <ferry/kit/url.hpp>
#include <ferry/text.hpp>

namespace distribution {

namespace {

constexpr std::string_view harbor_service = "harbor-registry";

bool is_harbor(const ferry::Refusal &refusal) {
    for (const auto &[name, value] : refusal.headers)
        if (ferry::Response::same_name(name, "WWW-Authenticate") && value.find(harbor_service) != value.npos)
            return true;
    return false;
}

} // namespace

std::vector<ferry::Reference> Backend::normalize(const ferry::Reference &typed) {
    ferry::Reference plain = typed;
    plain.default_host = false; // resolved here: what comes out means itself
    ferry::Reference library = plain;
    library.repository = ferry::kit::with_library(plain.repository);
    if (!typed.default_host || library.repository == plain.repository) return {plain};
    return {library, plain};
}

std::vector<ferry::Endpoint> Backend::endpoints(const ferry::Reference &reference) {
    ferry::kit::UrlFault fault{};
    auto address = ferry::kit::RegistryAddress::parse(reference.registry, fault);
    if (!address)
        throw ferry::Error(
            FERRY_E_INVALID,
            ferry::say("'{}' is no registry: give HOST[:PORT], with http:// before it where it speaks no TLS",
                       reference.registry));
    if (reference.plain_http) address->scheme = "http";
    ferry::Endpoint endpoint{address->base_url(), reference.repository};
    endpoint.plain_http = address->scheme.empty() && ferry::kit::is_loopback(address->host);
    return {endpoint};
}

ferry::Credential Backend::authorize(const ferry::Op &op, const ferry::Challenge &challenge) {
    std::vector<AuthChallenge> asked = parse_challenges(challenge.authenticate);
    const std::string host = url_of(challenge.endpoint).authority();
    if (asked.empty()) {
        if (auto known = known_challenge(host)) asked.push_back(std::move(*known));
    }
    const AuthChallenge *chosen = choose(asked);
    if (chosen && chosen->scheme == "bearer") {
        // A Harbor, by whatever name it goes.
        const bool harbor = chosen->find("service") == harbor_service;
        return fetch_token(http_, op, challenge, *chosen, harbor ? PlainRealm::upgrade : plain_realm());
    }
    if (!chosen && !asked.empty()) {
        std::string schemes;
        for (const AuthChallenge &one : asked) {
            if (one.scheme == "bearer")
                throw ferry::Error(
                    FERRY_E_PROTOCOL,
                    ferry::say(
                        "{} asks for a token but does not say where to get it: its Bearer challenge has no realm",
                        host));
            schemes += (schemes.empty() ? "" : ", ") + one.scheme;
        }
        throw ferry::Error(FERRY_E_UNSUPPORTED,
                           ferry::say("{} asks for a login by {}; ferry knows Basic and Bearer", host, schemes));
    }
    // Basic, or a 401 that does not say what it wants.
    if (challenge.username.empty())
        throw ferry::Error(FERRY_E_UNAUTHORIZED,
                           ferry::say("{} wants a login: name a user with -u NAME --password-stdin", host));
    return {"Authorization", "Basic " + ferry::kit::base64_encode(challenge.username + ':' + challenge.secret), -1};
}

std::optional<ferry::Advice> Backend::explain(const ferry::Refusal &refusal) {
    const std::string host = url_of(refusal.endpoint).authority();
    const std::string message = ferry::kit::error_document(refusal.body).message;
    const ferry::Text said = message.empty() ? "" : ferry::say(": {}", message);
    if (refusal.http_status == 412) { // Harbor's policies
        const bool unsigned_image = message.find("sign") != std::string::npos;
        const std::string project = refusal.repository.substr(0, refusal.repository.find('/'));
        return ferry::Advice{
            FERRY_E_FORBIDDEN,
            unsigned_image ? ferry::say("{} blocks {} by a policy of the project {} on signatures{}", host,
                                        refusal.repository, project, said)
                           : ferry::say("{} blocks {} by a policy of the project {} on vulnerabilities{}", host,
                                        refusal.repository, project, said),
            unsigned_image
                ? ferry::say("Have the image signed, or the project's content trust policy changed.")
                : ferry::say("Have the image scanned and its vulnerabilities mended or allowlisted, or the project's "
                             "policy changed.")};
    }
    if (refusal.http_status == 401 && !refusal.with_credentials)
        return ferry::Advice{FERRY_E_UNAUTHORIZED,
                             ferry::say("{} gives {} only after a login{}", host, refusal.repository, said),
                             ferry::say("Name a user with -u NAME --password-stdin.")};
    if (refusal.http_status == 401)
        return ferry::Advice{
            FERRY_E_UNAUTHORIZED, ferry::say("{} does not accept this login for {}{}", host, refusal.repository, said),
            is_harbor(refusal)
                ? robot_hint()
                : ferry::say("Check the user name and the password or token, and whether they have expired.")};
    if (refusal.http_status == 403)
        return ferry::Advice{FERRY_E_FORBIDDEN,
                             ferry::say("{} does not allow the download of {}{}", host, refusal.repository, said),
                             refusal.with_credentials ? ferry::say("Ask its owner for the right to pull.")
                                                      : ferry::say("Log in with -u NAME --password-stdin.")};
    return std::nullopt;
}

ferry::Text robot_hint() {
    return ferry::say(
        "Check the user name and the secret. A robot account's name holds a $: put it in single quotes, as "
        "in -u 'robot$project+name'.");
}

} // namespace distribution
