// Docker Hub. Its rules: a one-word name is under library/, its API is on another host than its name says, and it
// answers 401 for what does not exist.

#include "backend.h"
#include "place.h"

#include <algorithm>

namespace {

using namespace distribution;

class DockerHub final : public Backend {
public:
    DockerHub(const ferry::Config &, ferry_http http) noexcept : Backend(http) {}

    static int claims(const ferry::Config &, std::string_view host) {
        static constexpr const char *names[] = {"docker.io", "index.docker.io", "registry-1.docker.io",
                                                "registry.hub.docker.com", "www.docker.io"};
        const std::string name = host_of(host);
        return std::find(std::begin(names), std::end(names), name) != std::end(names) ? 100 : 0;
    }

    std::vector<ferry::Reference> normalize(const ferry::Reference &typed) override {
        ferry::Reference full = typed;
        full.registry = "docker.io";
        full.default_host = false;
        if (is_one_word(full.repository)) full.repository = "library/" + full.repository;
        return {full};
    }

    std::vector<ferry::Endpoint> endpoints(const ferry::Reference &reference) override {
        return {{"https://registry-1.docker.io", reference.repository}};
    }

    std::optional<ferry::Advice> explain(const ferry::Refusal &refusal) override {
        if (refusal.http_status == 429) return limited(refusal);
        if (refusal.http_status == 401 && !refusal.repository.empty())
            return ferry::Advice{
                FERRY_E_UNAUTHORIZED, "Docker Hub has no repository " + refusal.repository + ", or it is private",
                refusal.with_credentials ? "Check the name, and whether this account may pull it."
                                         : "Check the name; for a private one log in with -u NAME --password-stdin."};
        return Backend::explain(refusal);
    }

protected:
    std::optional<AuthChallenge> known_challenge(const std::string &host) const override {
        if (host != "registry-1.docker.io") return std::nullopt; // a mirror
        return AuthChallenge{
            "bearer", {}, {{"realm", "https://auth.docker.io/token"}, {"service", "registry.docker.io"}}};
    }

private:
    // 429 is either the quota of pulls, with this message, or the protection against too many requests.
    static ferry::Advice limited(const ferry::Refusal &refusal) {
        if (refusal.body.find("pull rate limit") != std::string::npos)
            return {FERRY_E_RATE_LIMITED,
                    refusal.with_credentials
                        ? "Docker Hub's pull limit for this account is used up"
                        : "Docker Hub's pull limit for anonymous downloads from this address is used up",
                    refusal.with_credentials
                        ? "Wait, or pull through a mirror with --mirror HOST."
                        : "Log in with -u NAME --password-stdin for a higher limit, wait, or use --mirror HOST."};
        return {FERRY_E_RATE_LIMITED, "Docker Hub takes no more requests from this address for now (abuse protection)",
                "Wait some minutes, use fewer connections with -j 1, or pull through a mirror with --mirror HOST."};
    }
};

constexpr ferry_registry_v1 table = ferry::registry<DockerHub>();

} // namespace

FERRY_PLUGIN("dockerhub", "1.0.0", "Docker Hub", "ferry", nullptr, FERRY_REGISTRY_V1, table)
