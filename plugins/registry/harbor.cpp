// Harbor. Its rules: the first part of a name is a project, which may be a proxy cache of another registry; robot
// accounts; and policies that block a download with 412.
// Source: Harbor 2 documentation and source (src/server/middleware), error document {"errors":[{"code","message"}]}.

#include "backend.h"
#include "place.h"

#include <algorithm>

namespace {

using namespace distribution;

constexpr const char *robot_hint = "Check the user name and the secret. A robot account's name holds a $: put it in "
                                   "single quotes, as in -u 'robot$project+name'.";

class Harbor final : public Backend {
public:
    Harbor(const ferry::Config &, ferry_http http) noexcept : Backend(http) {}

    static int claims(const ferry::Config &, std::string_view host) {
        return host_of(host).find("harbor") != std::string::npos ? 50 : 0;
    }

    // In a proxy cache of Docker Hub nginx is PROJECT/library/nginx, where people type PROJECT/nginx.
    std::vector<ferry::Reference> normalize(const ferry::Reference &typed) override {
        std::vector<ferry::Reference> references = Backend::normalize(typed);
        const std::string &name = typed.repository;
        const std::size_t slash = name.find('/');
        const bool project_and_word = slash != name.npos && name.find('/', slash + 1) == name.npos;
        if (project_and_word && name.substr(0, slash) != "library") {
            ferry::Reference cached = references.front();
            cached.repository.insert(slash, "/library");
            references.push_back(std::move(cached));
        }
        return references;
    }

    std::optional<ferry::Advice> explain(const ferry::Refusal &refusal) override {
        const RegistryError error = registry_error(refusal.body);
        const std::string said = error.message.empty() ? "" : ": " + error.message;
        const std::string host = place_of(refusal.endpoint).authority;
        const std::string project = refusal.repository.substr(0, refusal.repository.find('/'));
        switch (refusal.http_status) {
        case 401:
            if (!refusal.with_credentials)
                return ferry::Advice{
                    FERRY_E_UNAUTHORIZED,
                    host + " gives " + refusal.repository + " only after a login: the project " + project +
                        " is private or does not exist" + said,
                    "Name a user with -u NAME --password-stdin; robot accounts in single quotes, as in "
                    "-u 'robot$project+name'."};
            return ferry::Advice{FERRY_E_UNAUTHORIZED,
                                 host + " does not accept this login for " + refusal.repository + said, robot_hint};
        case 403:
            return ferry::Advice{FERRY_E_FORBIDDEN,
                                 host + " does not allow this account to pull from the project " + project + said,
                                 "Ask the project's admin for a member or robot account with the right to pull."};
        case 404:
            return ferry::Advice{
                FERRY_E_NOT_FOUND, host + " does not have " + refusal.repository + said,
                "Names begin with the project, as in PROJECT/NAME; in a proxy cache of Docker Hub as in "
                "PROJECT/library/NAME."};
        case 412: return blocked(refusal, host, project, error.message);
        default: return Backend::explain(refusal);
        }
    }

protected:
    PlainRealm plain_realm() const noexcept override { return PlainRealm::upgrade; }

private:
    static ferry::Advice blocked(const ferry::Refusal &refusal, const std::string &host, const std::string &project,
                                 const std::string &message) {
        const std::string what = host + " blocks " + refusal.repository + " by a policy of the project " + project +
                                 (message.empty() ? "" : ": " + message);
        if (message.find("sign") != std::string::npos)
            return {FERRY_E_FORBIDDEN, what, "Have the image signed, or the project's content trust policy changed."};
        return {
            FERRY_E_FORBIDDEN, what,
            "Have the image scanned and its vulnerabilities mended or allowlisted, or the project's policy changed."};
    }
};

constexpr ferry_registry_v1 table = ferry::registry<Harbor>();

} // namespace

FERRY_PLUGIN("harbor", "1.0.0", "Harbor", "ferry", nullptr, FERRY_REGISTRY_V1, table)
