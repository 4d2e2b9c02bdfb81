// Whose challenge is answered with what, and who sees the answer: the endpoint itself, and where it redirects to.
#include "core/registry/authorizer.h"

#include "support/backend.h"
#include "support/shelf.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::challenge;
using test::failure;
using test::hasty_client;
using test::home;
using test::Host;
using test::Reach;
using test::redirect;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string body = R"({"tags":["1"]})";
const std::string digest = digest_of(body);
const Credentials login{"me", "hunter2", "identity"};

ferry::Credential token(const ferry::Challenge &challenge) {
    const bool named = !(challenge.username + challenge.secret + challenge.identity_token).empty();
    return {"Authorization", "Bearer " + challenge.endpoint + (named ? " of me" : " of anybody"), 60'000};
}
std::string path_of(const std::string &url) {
    return Url::parse(url).target;
}

// A vanity host: all of it is at https://true.example, which wants a token. With `own`, it wants one itself, too.
Web::Handler vanity(const std::string &host, bool own = false) {
    return [host, own](const WebRequest &request, std::size_t) {
        const std::string shown = request.header("Authorization");
        if (request.url.starts_with(host + "/")) {
            if (own && !shown.starts_with("Bearer " + host)) return challenge("own");
            return redirect("https://true.example" + path_of(request.url));
        }
        if (shown != "Bearer https://true.example of anybody") return challenge("true");
        return test::serve(request, body);
    };
}

class AuthorizerTest : public testing::Test {
protected:
    // What was shown to each host, each once.
    static std::vector<std::string> shown(const Web &web, const std::string &host) {
        std::vector<std::string> all;
        for (const WebRequest &request : web.requests())
            if (request.url.starts_with(host + "/")) all.push_back(request.header("Authorization"));
        return all;
    }
    Host host;
    const Descriptor blob{digest, "", body.size(), {}};
};

TEST(Scope, IsThatOfTheResource) {
    const struct {
        const char *path, *scope;
    } table[] = {{"/v2/a/b/manifests/1", "repository:a/b:pull"},
                 {"/v2/a/manifests/sha256:00?ns=x", "repository:a:pull"},
                 {"/v2/a/blobs/sha256:00", "repository:a:pull"},
                 {"/prefix/v2/a/b/blobs/sha256:00", "repository:a/b:pull"},
                 {"/v2/a/tags/list?n=1", "repository:a:pull"},
                 {"/v2/a/referrers/sha256:00", "repository:a:pull"},
                 {"/v2/a/manifests/manifests/1", "repository:a/manifests:pull"},
                 {"/v2/", "repository:own:pull"},
                 {"/v2/manifests/1", "repository:own:pull"},
                 {"/v2//manifests/1", "repository:own:pull"},
                 {"/v2/_catalog", "repository:own:pull"},
                 {"/v2/a:pull repository:b/manifests/1", "repository:own:pull"},
                 {"/v2/a%20b/manifests/1", "repository:own:pull"},
                 {"/v2/A/manifests/1", "repository:own:pull"},
                 {"/signed/link?x=/v2/a/manifests/1", "repository:own:pull"},
                 {"", "repository:own:pull"}};
    for (const auto &[path, scope] : table) EXPECT_EQ(scope_of(path, {"repository:own", "pull"}).str(), scope) << path;
}

TEST(Scope, KeepsTheActionsOnARepositoryAndGivesNoneOfTheRegistryAway) {
    EXPECT_EQ(scope_of("/v2/a/b/manifests/1", {"repository:own", "pull,push"}).str(), "repository:a/b:pull,push");
    EXPECT_EQ(scope_of("/v2/a/b/manifests/1", {"registry:catalog", "*"}).str(), "repository:a/b:pull");
    EXPECT_EQ(scope_of("/v2/_catalog", {"registry:catalog", "*"}).str(), "registry:catalog:*");
}

TEST_F(AuthorizerTest, GetsFromARedirectsTargetTheTokenOfAnybody) {
    const struct {
        const char *what;
        std::function<std::string(Repository &, const Operation &)> ask;
    } table[] = {
        {"a manifest by tag", [](Repository &r, const Operation &op) { return r.manifest(op, "1").body; }},
        {"a manifest by digest", [](Repository &r, const Operation &op) { return r.manifest(op, digest).body; }},
        {"a config", [this](Repository &r, const Operation &op) { return r.small_blob(op, blob, 100); }},
        {"a blob",
         [this](Repository &r, const Operation &op) {
             return ferry::read_all(*r.open_blob(op, blob, 0, body.size(), 0).response, op.op(), 100);
         }},
        {"a range of a blob",
         [this](Repository &r, const Operation &op) {
             return body.substr(0, 3) +
                    ferry::read_all(*r.open_blob(op, blob, 3, body.size(), 0).response, op.op(), 100);
         }},
        {"a list",
         [](Repository &r, const Operation &op) {
             std::string page;
             r.pages(op, "tags/list?n=1", [&](const HttpReply &reply) {
                 page = reply.body;
                 return true;
             });
             return page;
         }},
    };
    for (const bool mirrored : {false, true}) {
        for (const bool own : {false, true}) {
            const std::string front = mirrored ? "https://m" : "https://a";
            for (const auto &[what, ask] : table) {
                SCOPED_TRACE(front + (own ? " with a challenge of its own: " : ": ") + what);
                Web web(vanity(front, own));
                Reach reach(web.http(), {mirrored ? Endpoint{"https://m", "team/app", true} : home}, hasty_client(0),
                            login);
                reach.script.authorize = [](const Op &, const ferry::Challenge &c) { return token(c); };
                EXPECT_EQ(ask(*reach.repository, host.operation), body);
                EXPECT_EQ(ask(*reach.repository, host.operation), body);
                EXPECT_THAT(
                    shown(web, "https://true.example"),
                    ElementsAre("", "Bearer https://true.example of anybody", "Bearer https://true.example of anybody"))
                    << "the token is kept";
                EXPECT_THAT(shown(web, front), Each(Not(HasSubstr("true.example"))));
                for (const ferry::Challenge &asked : reach.script.challenges()) {
                    if (asked.endpoint != "https://true.example") continue;
                    EXPECT_EQ(asked.username + asked.secret + asked.identity_token, "");
                    EXPECT_EQ(asked.scope, "repository:team/app:pull");
                    EXPECT_THAT(asked.authenticate, ElementsAre("Bearer realm=\"true\""));
                }
                EXPECT_EQ(reach.script.challenges().size(), own ? 2U : 1U);
            }
        }
    }
}

TEST_F(AuthorizerTest, KeepsTokensSeparateByOriginAndScope) {
    Web web([](const WebRequest &request, std::size_t) {
        const Url url = Url::parse(request.url);
        if (url.host == "a") // every kind of thing lies elsewhere, and under another name
            return redirect(url.target.find("/blobs/") != url.target.npos
                                ? "https://blobs.example/v2/other/name/blobs/" + digest
                                : "https://true.example:8443" + url.target);
        return request.header("Authorization") == "Bearer " + url.origin() + " of anybody" ? WebReply{200, body}
                                                                                           : challenge("x");
    });
    Reach reach(web.http(), {home}, hasty_client(0), login);
    reach.script.authorize = [](const Op &, const ferry::Challenge &c) { return token(c); };
    reach.repository->manifest(host.operation, "1");
    reach.repository->small_blob(host.operation, blob, 100);
    std::vector<std::string> scopes;
    for (const ferry::Challenge &asked : reach.script.challenges())
        scopes.push_back(asked.endpoint + ' ' + asked.scope);
    EXPECT_THAT(scopes, ElementsAre("https://true.example:8443 repository:team/app:pull",
                                    "https://blobs.example repository:other/name:pull"));
    EXPECT_THAT(shown(web, "https://a"), Each(""));
    EXPECT_THAT(shown(web, "https://blobs.example"), ElementsAre("", "Bearer https://blobs.example of anybody"));
}

TEST_F(AuthorizerTest, ShowsARedirectsTargetNoLogin) { // whatever it asks for
    for (const char *asked :
         {"Basic realm=\"give me that password\"", "Negotiate", "Bearer realm=\"https://evil.example/t\""}) {
        Web web([&](const WebRequest &request, std::size_t) {
            if (request.url.starts_with("https://a/")) {
                if (request.header("Authorization").empty()) return WebReply{401, "", {{"WWW-Authenticate", "Basic"}}};
                return redirect("https://evil.example/x");
            }
            return WebReply{401, "", {{"WWW-Authenticate", asked}}};
        });
        Reach reach(web.http(), {home}, hasty_client(0), login);
        reach.script.authorize = [&](const Op &, const ferry::Challenge &c) -> Credential {
            if (c.endpoint == "https://a") return {"Authorization", "Basic me:hunter2", -1};
            EXPECT_EQ(c.username + c.secret + c.identity_token, "");
            if (c.authenticate.at(0).starts_with("Bearer")) return token(c);
            throw ferry::Error(c.authenticate[0] == "Negotiate" ? FERRY_E_UNSUPPORTED : FERRY_E_UNAUTHORIZED,
                               "evil.example wants a login: name a user with -u NAME");
        };
        for (const Error &e : {failure([&] { reach.repository->open_blob(host.operation, blob, 0, body.size(), 0); }),
                               failure([&] { reach.repository->manifest(host.operation, "1"); })}) {
            EXPECT_EQ(e.kind(), Kind::access) << asked;
            EXPECT_THAT(e.message.english(),
                        AllOf(HasSubstr("evil.example, where a sends us"), HasSubstr("wants a login")));
            EXPECT_THAT(e.remedy.english(), HasSubstr("is shown to no other"));
        }
        EXPECT_THAT(shown(web, "https://evil.example"), Each(Not(HasSubstr("hunter2"))));
    }
}

TEST_F(AuthorizerTest, EndsWhereChallengesDoNot) {
    // A registry that leads to another challenging host each time.
    Web web([](const WebRequest &request, std::size_t index) {
        if (request.url.starts_with("https://a/"))
            return redirect("https://host" + std::to_string(index) + ".example/x");
        return challenge("x");
    });
    Reach reach(web.http(), {home}, hasty_client(0));
    reach.script.authorize = [](const Op &, const ferry::Challenge &c) { return token(c); };
    EXPECT_EQ(failure([&] { reach.repository->manifest(host.operation, "1"); }).kind(), Kind::access);
    EXPECT_LE(web.requests().size(), 14U);
}

TEST_F(AuthorizerTest, LeadsABackendIntoThePrivateNetworkOnlyFromThere) {
    const struct {
        const char *registry, *realm;
        bool into_private, fine;
    } table[] = {
        {"https://a.example", "https://auth.example/t", false, true},
        {"https://a.example", "http://169.254.169.254/latest/meta-data", false, false},
        {"https://a.example", "http://127.0.0.1:6379/x", false, false},
        {"https://a.example", "http://0x7f.1/x", false, false},
        {"https://a.example", "https://[64:ff9b::a9fe:a9fe]/x", false, false},
        {"https://a.example", "https://sso.corp/t", false, false},
        {"https://a.example", "https://sso.corp/t", true, true},
        {"https://10.0.0.1", "https://10.0.0.2/t", false, true},
        {"https://nas", "http://192.168.1.5/t", false, true},
        {"https://nas", "https://auth.example/t", false, true},
    };
    for (const auto &[registry, realm, into_private, fine] : table) {
        SCOPED_TRACE(std::string(registry) + " -> " + realm);
        Web web([&, realm = realm](const WebRequest &request, std::size_t) {
            if (request.url.starts_with(realm)) return WebReply{200, "a token"};
            return request.header("Authorization").empty() ? challenge(realm) : WebReply{200, body};
        });
        ClientRules rules = hasty_client(0);
        rules.redirects.into_private = into_private;
        Reach reach(web.http(), {{registry, "team/app"}}, rules);
        reach.script.authorize = [&, realm = realm](const Op &op, const ferry::Challenge &) -> Credential {
            ferry_request request{};
            request.struct_size = sizeof request;
            request.method = raw("GET");
            request.url = raw(std::string_view(realm));
            ferry::open(reach.client.as_http(), op, request);
            return {"Authorization", "Bearer t", -1};
        };
        const Error e = failure([&] { reach.repository->manifest(host.operation, "1"); });
        EXPECT_EQ(e.message.english() == "nothing was thrown", fine) << e.message.english();
        EXPECT_EQ(web.count(realm), fine ? 1U : 0U);
        if (!fine) {
            EXPECT_EQ(e.kind(), Kind::network);
            EXPECT_THAT(e.message.english(), AllOf(HasSubstr("private network"), HasSubstr("--private-redirects")));
        }
    }
}

TEST_F(AuthorizerTest, FollowsAPageOfAListAsARedirect) {
    const struct {
        const char *registry, *next;
        bool fine;
    } table[] = {
        {"https://a.example", "/v2/team/app/tags/list?last=1", true},
        {"https://a.example", "https://other.example/page2", true},
        {"https://a.example", "https://10.0.0.1/x", false},
        {"https://a.example", "https://router.corp/x", false},
        {"https://a.example", "http://a.example/x", false},
        {"https://a.example", "ftp://a.example/x", false},
        {"http://nas", "http://192.168.1.5/page2", true},
    };
    for (const auto &[registry, next, fine] : table) {
        SCOPED_TRACE(next);
        Web web([&, registry = registry, next = next](const WebRequest &request, std::size_t index) {
            if (request.header("Authorization").empty() && request.url.starts_with(registry)) return challenge("x");
            return index < 2 ? WebReply{200, body, {{"Link", std::string("<") + next + ">; rel=\"next\""}}}
                             : WebReply{200, body};
        });
        Reach reach(web.http(), {{registry, "team/app"}}, hasty_client(0), login);
        reach.script.authorize = [](const Op &, const ferry::Challenge &c) { return token(c); };
        int pages = 0;
        const Error e = failure([&] {
            reach.repository->pages(host.operation, "tags/list?n=1", [&](const HttpReply &) { return ++pages > 0; });
        });
        EXPECT_EQ(pages, fine ? 2 : 1) << e.message.english();
        EXPECT_EQ(e.message.english() == "nothing was thrown", fine);
        if (!fine) {
            EXPECT_EQ(e.kind(), Kind::network);
            EXPECT_THAT(e.message.english(), HasSubstr("next page"));
        }
        EXPECT_THAT(shown(web, "https://other.example"), Each(""));
    }
}

} // namespace
} // namespace ferry::core
