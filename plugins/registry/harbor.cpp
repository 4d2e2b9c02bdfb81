// Harbor. Its rules: the first part of a name is a project, which may be a proxy cache of another registry; robot
// accounts; and policies that block a download with 412.
// Source: Harbor 2 documentation and source (src/server/middleware), error document {"errors":[{"code","message"}]};
// api/v2.0/swagger.yaml for projects, repositories, artifacts and search.

#include "api.h"
#include "backend.h"
#include "place.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/kit/percent.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace {

using namespace distribution;
using ferry::kit::Json;

class Harbor final : public Backend {
public:
    Harbor(const ferry::Config &, ferry_http http) noexcept : Backend(http), http_(http) {}

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
        const ferry::kit::ErrorDocument error = ferry::kit::error_document(refusal.body);
        const ferry::Text said = error.message.empty() ? "" : ferry::say(": {}", error.message);
        const std::string host = url_of(refusal.endpoint).authority();
        const std::string project = refusal.repository.substr(0, refusal.repository.find('/'));
        switch (refusal.http_status) {
        case 401:
            if (!refusal.with_credentials)
                return ferry::Advice{
                    FERRY_E_UNAUTHORIZED,
                    ferry::say("{} gives {} only after a login: the project {} is private or does not exist{}", host,
                               refusal.repository, project, said),
                    ferry::say("Name a user with -u NAME --password-stdin; robot accounts in single quotes, as in -u "
                               "'robot$project+name'.")};
            return ferry::Advice{FERRY_E_UNAUTHORIZED,
                                 ferry::say("{} does not accept this login for {}{}", host, refusal.repository, said),
                                 robot_hint()};
        case 403:
            return ferry::Advice{
                FERRY_E_FORBIDDEN,
                ferry::say("{} does not allow this account to pull from the project {}{}", host, project, said),
                ferry::say("Ask the project's admin for a member or robot account with the right to pull.")};
        case 404:
            return ferry::Advice{FERRY_E_NOT_FOUND, ferry::say("{} does not have {}{}", host, refusal.repository, said),
                                 ferry::say("Names begin with the project, as in PROJECT/NAME; in a proxy cache of "
                                            "Docker Hub as in PROJECT/library/NAME.")};
        default: return Backend::explain(refusal);
        }
    }

    void list_tags(const ferry::Op &op, const ferry::Reference &reference, const ferry::Credential &,
                   const ferry::Listing &out) override {
        const std::size_t slash = reference.repository.find('/');
        if (slash == std::string::npos) throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("no project"));
        const Api api = this->api(op, reference, out);
        bool any = false;
        try {
            // A name with slashes is encoded twice (swagger of v2.0, repository_name).
            each(api,
                 "/projects/" + ferry::kit::percent_encode(reference.repository.substr(0, slash)) + "/repositories/" +
                     ferry::kit::percent_encode(ferry::kit::percent_encode(reference.repository.substr(slash + 1))) +
                     "/artifacts?with_tag=true",
                 [&](const Json &artifact) {
                     any = true;
                     add_tags(artifact, out);
                     return true;
                 });
        } catch (const ferry::Error &e) {
            // The registry itself says better why, or knows the tags all the same: a robot may pull and not list.
            if (any || !e.http_status) throw;
            throw ferry::Error(FERRY_E_UNSUPPORTED, e.message);
        }
    }

    // TEXT anywhere; PROJECT/ or PROJECT/TEXT within a project; nothing: all projects.
    void search(const ferry::Op &op, const std::string &host, const std::string &query, std::uint32_t limit,
                const ferry::Listing &out) override {
        const Api api = this->api(op, {host, "any", {}, {}}, out);
        std::uint32_t found = 0;
        const auto push = [&](const ferry::SearchHit &hit) {
            if (found++ < limit) out.hit(hit);
            return found < limit;
        };
        const auto repositories = [&](const std::string &project, const std::string &text) {
            each(api,
                 "/projects/" + ferry::kit::percent_encode(project) + "/repositories" +
                     (text.empty() ? "" : "?q=name%3D~" + ferry::kit::percent_encode(text)),
                 [&](const Json &one) { return push(hit_of(op, one, "name")); });
        };
        if (query.empty()) {
            each(api, "/projects", [&](const Json &project) {
                repositories(project.string_of("name"), {});
                return found < limit;
            });
            return;
        }
        if (const std::size_t slash = query.find('/'); slash != query.npos)
            return repositories(query.substr(0, slash), query.substr(slash + 1));
        const Json answer = api.object("/search?q=" + ferry::kit::percent_encode(query));
        for (const Json &one : answer.items_of("project"))
            if (!push({one.string_of("name") + "/",
                       op.words(ferry::say_n("a project of {} repository", "a project of {} repositories",
                                             static_cast<std::uint64_t>(number_of(one, "repo_count", 0)))),
                       -1, -1, false}))
                return;
        for (const Json &one : answer.items_of("repository"))
            if (!push(hit_of(op, one, "repository_name"))) return;
    }

protected:
    PlainRealm plain_realm() const noexcept override { return PlainRealm::upgrade; }

private:
    // The API knows no tokens of the registry: it takes the login itself.
    Api api(const ferry::Op &op, const ferry::Reference &reference, const ferry::Listing &out) {
        const auto [username, secret] = out.login();
        const std::string base = endpoints(reference).front().base_url;
        return Api(http_, op, base + "/api/v2.0", username, secret);
    }

    // The artifacts of a repository with their tags.
    static void add_tags(const Json &artifact, const ferry::Listing &out) {
        std::string platforms;
        for (const Json &reference : artifact.items_of("references"))
            if (const auto platform = reference.find("platform")) add_platform(platforms, platform_of(*platform));
        if (const auto attributes = artifact.find("extra_attrs"); attributes && platforms.empty())
            add_platform(platforms, platform_of(*attributes));
        for (const Json &tag : artifact.items_of("tags"))
            if (tag.is(Json::Kind::object))
                out.tag({tag.string_of("name"), artifact.string_of("digest"), platforms,
                         number_of(artifact, "size", -1), date_of(tag, "push_time")});
    }

    // Calls `use` with each object of a list that comes in pages, until it returns false.
    template <class Use> static void each(const Api &api, const std::string &path, const Use &use) {
        api.pages(path, Json::Kind::array, [&use](const Json &page) {
            std::size_t count = 0;
            for (const Json &item : page.items()) {
                ++count;
                if (item.is(Json::Kind::object) && !use(item)) return false;
            }
            return count >= page_size;
        });
    }

    static ferry::SearchHit hit_of(const ferry::Op &op, const Json &repository, const char *name) {
        const std::int64_t artifacts = number_of(repository, "artifact_count", -1);
        std::string description = repository.string_of("description");
        if (description.empty() && artifacts >= 0)
            description = op.words(ferry::say_n("{} artifact", "{} artifacts", static_cast<std::uint64_t>(artifacts)));
        return {repository.string_of(name), description, -1, number_of(repository, "pull_count", -1), false};
    }

    ferry_http http_;
};

constexpr ferry_registry_v1 table = ferry::registry<Harbor>();

} // namespace

FERRY_PLUGIN("harbor", "1.0.0", "Harbor", "ferry", nullptr, FERRY_REGISTRY_V1, table)
