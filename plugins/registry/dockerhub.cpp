// Docker Hub. Its rules: a one-word name is under library/, its API is on another host than its name says, and it
// answers 401 for what does not exist.
// Sources: docs.docker.com, Docker Hub API (tags) and usage and limits (429 and its header fields).

#include "api.h"
#include "backend.h"
#include "place.h"

#include <ferry/kit/dates.hpp>
#include <ferry/kit/image_name.hpp>
#include <ferry/kit/percent.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace {

using namespace distribution;
using ferry::kit::Json;

constexpr const char *hub_api = "https://hub.docker.com";

class DockerHub final : public Backend {
public:
    DockerHub(const ferry::Config &, ferry_http http) noexcept : Backend(http), http_(http) {}

    static int claims(const ferry::Config &, std::string_view host) {
        return ferry::kit::is_docker_hub(host_of(host)) ? 100 : 0;
    }

    std::vector<ferry::Reference> normalize(const ferry::Reference &typed) override {
        ferry::Reference full = typed;
        full.registry = ferry::kit::docker_hub;
        full.default_host = full.plain_http = false;
        full.repository = ferry::kit::with_library(full.repository);
        return {full};
    }

    std::vector<ferry::Endpoint> endpoints(const ferry::Reference &reference) override {
        return {{"https://registry-1.docker.io", reference.repository}};
    }

    std::optional<ferry::Advice> explain(const ferry::Refusal &refusal) override {
        if (refusal.http_status == 429) return limited(refusal);
        if (refusal.http_status == 401 && !refusal.repository.empty())
            return ferry::Advice{
                FERRY_E_UNAUTHORIZED,
                ferry::say("Docker Hub has no repository {}, or it is private", refusal.repository),
                refusal.with_credentials
                    ? ferry::say("Check the name, and whether this account may pull it.")
                    : ferry::say("Check the name; for a private one log in with -u NAME --password-stdin.")};
        return Backend::explain(refusal);
    }

    // Hub's own API tells platforms and dates, without a token and without counting a pull. It shows public
    // repositories only: the rest, and all where it cannot be reached, is left to tags/list.
    void list_tags(const ferry::Op &op, const ferry::Reference &reference, const ferry::Credential &,
                   const ferry::Listing &out) override {
        const std::size_t slash = reference.repository.find('/');
        if (slash == std::string::npos) throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("no namespace"));
        const std::string path = "/v2/namespaces/" + ferry::kit::percent_encode(reference.repository.substr(0, slash)) +
                                 "/repositories/" + ferry::kit::percent_encode(reference.repository.substr(slash + 1)) +
                                 "/tags";
        const Api api(http_, op, hub_api, {}, {});
        bool any = false;
        try {
            api.pages(path, Json::Kind::object, [&](const Json &page) {
                any = true;
                for (const Json &tag : page.items_of("results"))
                    if (tag.is(Json::Kind::object)) out.tag(tag_of(tag));
                return !page.string_of("next").empty();
            });
        } catch (const ferry::Error &e) {
            if (any || e.code == FERRY_E_CANCELLED || e.code == FERRY_E_RATE_LIMITED) throw;
            throw ferry::Error(FERRY_E_UNSUPPORTED, e.message);
        }
    }

    void search(const ferry::Op &op, const std::string &, const std::string &query, std::uint32_t limit,
                const ferry::Listing &out) override {
        if (query.empty())
            throw ferry::Error(FERRY_E_INVALID,
                               ferry::say("Docker Hub has too much to list it all: name what to search for"));
        const Api api(http_, op, hub_api, {}, {});
        std::uint32_t found = 0;
        api.pages("/v2/search/repositories/?query=" + ferry::kit::percent_encode(query), Json::Kind::object,
                  [&](const Json &page) {
                      const Json::Items results = page.items_of("results");
                      for (const Json &hit : results) {
                          if (!hit.is(Json::Kind::object)) continue;
                          if (found++ == limit) return false;
                          const auto official = hit.find("is_official");
                          out.hit({hit.string_of("repo_name"), hit.string_of("short_description"),
                                   number_of(hit, "star_count", -1), number_of(hit, "pull_count", -1),
                                   official && official->boolean().value_or(false)});
                      }
                      return !page.string_of("next").empty() && !results.empty();
                  });
    }

protected:
    std::optional<AuthChallenge> known_challenge(const std::string &host) const override {
        if (host != "registry-1.docker.io") return std::nullopt; // a mirror
        return AuthChallenge{"bearer", {{"realm", "https://auth.docker.io/token"}, {"service", "registry.docker.io"}}};
    }

private:
    static ferry::Tag tag_of(const Json &tag) {
        ferry::Tag out{tag.string_of("name"),
                       tag.string_of("digest"),
                       {},
                       number_of(tag, "full_size", -1),
                       date_of(tag, "last_updated")};
        for (const Json &image : tag.items_of("images")) add_platform(out.platforms, platform_of(image));
        return out;
    }

    // 429 is either the quota of pulls, with this message, or the protection against too many requests.
    static ferry::Advice limited(const ferry::Refusal &refusal) {
        const ferry::Text when = renewal(refusal);
        const auto until = [&](const ferry::Text &what) {
            return when.empty() ? what : ferry::say("{}; {}", what, when);
        };
        if (refusal.body.find("pull rate limit") != std::string::npos)
            return {
                FERRY_E_EXHAUSTED,
                until(refusal.with_credentials
                          ? ferry::say("Docker Hub's pull limit for this account is used up")
                          : ferry::say("Docker Hub's pull limit for anonymous downloads from this address is used up")),
                refusal.with_credentials
                    ? ferry::say("Wait, or pull through a mirror with --mirror HOST.")
                    : ferry::say(
                          "Log in with -u NAME --password-stdin for a higher limit, wait, or use --mirror HOST.")};
        return {FERRY_E_RATE_LIMITED,
                until(ferry::say("Docker Hub takes no more requests from this address for now (abuse protection)")),
                ferry::say("Wait some minutes, use fewer connections with -j 1, or pull through a mirror with --mirror "
                           "HOST.")};
    }

    // When there will be pulls again, as far as the answer says.
    static ferry::Text renewal(const ferry::Refusal &refusal) {
        std::string after, reset, limit;
        for (const auto &[name, value] : refusal.headers) {
            if (ferry::Response::same_name(name, "Retry-After")) after = value;
            if (ferry::Response::same_name(name, "X-RateLimit-Reset")) reset = value;
            if (ferry::Response::same_name(name, "RateLimit-Limit")) limit = value;
        }
        const auto digits = [](const std::string &text) {
            return !text.empty() && text.size() < 12 && text.find_first_not_of("0123456789") == text.npos;
        };
        if (digits(reset)) return ferry::say("it is renewed at {}", clock(std::stoll(reset)));
        if (digits(after)) return ferry::say("it is renewed in {} minutes", (std::stoll(after) + 59) / 60);
        if (!after.empty()) return ferry::say("it is renewed at {}", after);
        const auto window = limit.find("w=");
        if (window == limit.npos) return {};
        const std::string seconds =
            limit.substr(window + 2, limit.find_first_not_of("0123456789", window + 2) - window - 2);
        if (!digits(seconds)) return {};
        return ferry::say("it counts the last {} hours", (std::stoll(seconds) + 3599) / 3600);
    }

    static std::string clock(std::int64_t seconds) { return ferry::kit::date_text(seconds); }

    ferry_http http_;
};

constexpr ferry_registry_v1 table = ferry::registry<DockerHub>();

} // namespace

FERRY_PLUGIN("dockerhub", "1.0.0", "Docker Hub", "ferry", nullptr, FERRY_REGISTRY_V1, table)
