// The backends as ferry sees them: loaded, through their tables.

#include "support/fake_http.h"
#include "support/web.h"

#include <ferry/registry.hpp>

#include <gmock/gmock.h>

#include <dlfcn.h>

namespace {

using test::FakeHttp;
using testing::ElementsAre;
using testing::HasSubstr;

struct Got {
    std::vector<std::string> references; // registry|repository|tag|digest|default_host
    std::vector<std::string> endpoints;  // base_url|repository|mirror|plain_http
    std::vector<ferry::Credential> credentials;
    std::vector<ferry::Advice> advice;
};

// The host's collector with only the function that a call may use.
struct Collector {
    Got got;
    ferry_registry_out out{};
    Collector() {
        out.struct_size = sizeof out;
        out.host_data = &got;
    }
    static Got &of(const ferry_registry_out *out) { return *static_cast<Got *>(out->host_data); }
};

class Backend {
public:
    explicit Backend(const char *file, FakeHttp &http) : Backend(file, http.http()) {}
    Backend(const char *file, ferry_http http) {
        void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        if (!library) throw std::runtime_error(dlerror());
        plugin_ = static_cast<const ferry_plugin *>(dlsym(library, FERRY_PLUGIN_SYMBOL));
        table_ = static_cast<const ferry_registry_v1 *>(plugin_->get_interface(FERRY_REGISTRY_V1));
        config_.struct_size = sizeof config_;
        config_.get = [](const ferry_config *, ferry_str, ferry_str *) noexcept -> std::int32_t { return 0; };
        ferry_error error = ferry::blank_error();
        ferry::check(table_->create(&config_, http, &registry_, &error), error);
    }
    ~Backend() { table_->destroy(registry_); }
    Backend(const Backend &) = delete;
    Backend &operator=(const Backend &) = delete;

    const ferry_plugin &plugin() const { return *plugin_; }
    int claims(std::string_view host) const { return table_->claims(&config_, ferry::raw(host)); }

    static ferry_reference raw(const ferry::Reference &r) {
        return {sizeof(ferry_reference),
                (r.default_host ? FERRY_REFERENCE_DEFAULT_HOST : 0u) | (r.plain_http ? FERRY_REFERENCE_PLAIN_HTTP : 0u),
                ferry::raw(r.registry),
                ferry::raw(r.repository),
                ferry::raw(r.tag),
                ferry::raw(r.digest)};
    }
    std::vector<std::string> normalize(const ferry::Reference &typed) const {
        Collector collector;
        collector.out.reference = [](const ferry_registry_out *out, const ferry_reference *r) noexcept -> ferry_status {
            Collector::of(out).references.push_back(ferry::str(r->registry) + '|' + ferry::str(r->repository) + '|' +
                                                    ferry::str(r->tag) + '|' + ferry::str(r->digest) +
                                                    (r->flags & FERRY_REFERENCE_DEFAULT_HOST ? "|default" : "") +
                                                    (r->flags & FERRY_REFERENCE_PLAIN_HTTP ? "|plain" : ""));
            return FERRY_OK;
        };
        const ferry_reference reference = raw(typed);
        ferry_error error = ferry::blank_error();
        ferry::check(table_->normalize(registry_, &reference, &collector.out, &error), error);
        return collector.got.references;
    }
    std::vector<std::string> endpoints(const ferry::Reference &of) const {
        Collector collector;
        collector.out.endpoint = [](const ferry_registry_out *out, const ferry_endpoint *e) noexcept -> ferry_status {
            Collector::of(out).endpoints.push_back(ferry::str(e->base_url) + '|' + ferry::str(e->repository) +
                                                   (e->flags & FERRY_ENDPOINT_MIRROR ? "|mirror" : "") +
                                                   (e->flags & FERRY_ENDPOINT_PLAIN_HTTP ? "|plain" : ""));
            return FERRY_OK;
        };
        const ferry_reference reference = raw(of);
        ferry_error error = ferry::blank_error();
        ferry::check(table_->endpoints(registry_, &reference, &collector.out, &error), error);
        return collector.got.endpoints;
    }
    ferry::Credential authorize(const std::vector<std::string> &fields, const std::string &username = {},
                                const std::string &secret = {},
                                const std::string &endpoint = "https://reg.example") const {
        Collector collector;
        collector.out.credential = [](const ferry_registry_out *out, ferry_header header,
                                      std::int64_t lifetime) noexcept -> ferry_status {
            Collector::of(out).credentials.push_back({ferry::str(header.name), ferry::str(header.value), lifetime});
            return FERRY_OK;
        };
        std::vector<ferry_str> authenticate;
        for (const std::string &field : fields) authenticate.push_back(ferry::raw(field));
        ferry_challenge challenge{};
        challenge.struct_size = sizeof challenge;
        challenge.endpoint = ferry::raw(endpoint);
        challenge.authenticate = authenticate.data();
        challenge.authenticate_count = authenticate.size();
        challenge.scope = ferry::raw("repository:team/app:pull");
        challenge.username = ferry::raw(username);
        challenge.secret = ferry::raw(secret);
        ferry_error error = ferry::blank_error();
        ferry::check(table_->authorize(registry_, nullptr, &challenge, &collector.out, &error), error);
        if (collector.got.credentials.size() != 1) throw std::runtime_error("not one credential");
        return collector.got.credentials[0];
    }
    std::vector<ferry::Advice> explain(int status, std::string_view body, bool with_credentials,
                                       std::string_view repository = "team/app") const {
        Collector collector;
        collector.out.advice = [](const ferry_registry_out *out, ferry_status meaning, ferry_str what,
                                  ferry_str remedy) noexcept -> ferry_status {
            Collector::of(out).advice.push_back({meaning, ferry::str(what), ferry::str(remedy)});
            return FERRY_OK;
        };
        ferry_refusal refusal{};
        refusal.struct_size = sizeof refusal;
        refusal.http_status = status;
        refusal.endpoint = ferry::raw("https://reg.example");
        refusal.repository = ferry::raw(repository);
        refusal.body = ferry::raw(body);
        refusal.with_credentials = with_credentials;
        ferry_error error = ferry::blank_error();
        ferry::check(table_->explain(registry_, &refusal, &collector.out, &error), error);
        return collector.got.advice;
    }

    // Both push into a host that takes at most `most`.
    std::vector<ferry::Tag> list_tags(std::string_view registry, std::string_view repository,
                                      std::size_t most = SIZE_MAX) const {
        Taken taken{most, {}, {}};
        ferry_registry_out out = taken.out();
        const ferry_reference reference = {
            sizeof(ferry_reference), 0, ferry::raw(registry), ferry::raw(repository), ferry::raw(""), ferry::raw("")};
        ferry_error error = ferry::blank_error();
        ferry::check(table_->list_tags(registry_, nullptr, &reference, ferry_header{}, &out, &error), error);
        return taken.tags;
    }
    std::vector<std::string> search(std::string_view host, std::string_view query, std::uint32_t limit) const {
        Taken taken{SIZE_MAX, {}, {}};
        ferry_registry_out out = taken.out();
        ferry_error error = ferry::blank_error();
        ferry::check(table_->search(registry_, nullptr, ferry::raw(host), ferry::raw(query), limit, &out, &error),
                     error);
        return taken.names;
    }

private:
    struct Taken {
        std::size_t most;
        std::vector<ferry::Tag> tags;
        std::vector<std::string> names;

        ferry_registry_out out() {
            ferry_registry_out out{};
            out.struct_size = sizeof out;
            out.host_data = this;
            out.tag_details = [](const ferry_registry_out *to, const ferry_tag *tag) noexcept -> ferry_status {
                Taken &taken = *static_cast<Taken *>(to->host_data);
                if (taken.tags.size() == taken.most) return FERRY_E_CANCELLED;
                taken.tags.push_back({ferry::str(tag->name), ferry::str(tag->digest), ferry::str(tag->platforms),
                                      tag->size, tag->updated});
                return FERRY_OK;
            };
            out.hit = [](const ferry_registry_out *to, const ferry_search_hit *hit) noexcept -> ferry_status {
                static_cast<Taken *>(to->host_data)->names.push_back(ferry::str(hit->name));
                return FERRY_OK;
            };
            return out;
        }
    };

    const ferry_plugin *plugin_ = nullptr;
    const ferry_registry_v1 *table_ = nullptr;
    ferry_config config_{};
    ferry_registry *registry_ = nullptr;
};

template <class Call> ferry::Error failure(Call call) {
    try {
        call();
    } catch (const ferry::Error &e) {
        return e;
    }
    ADD_FAILURE() << "nothing failed";
    return {FERRY_OK, ""};
}

ferry::Reference typed(std::string registry, std::string repository, bool default_host = false) {
    return {std::move(registry), std::move(repository), "1", "", default_host};
}

struct Room : testing::Test {
    FakeHttp http;
    Backend hub{DOCKERHUB_PLUGIN, http}, harbor{HARBOR_PLUGIN, http}, v2{V2_PLUGIN, http};
};

using Claims = Room;

TEST_F(Claims, OfDockerHubAreItsOwnNames) {
    for (const char *host : {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com",
                             "www.docker.io", "Docker.IO", "docker.io:443"})
        EXPECT_EQ(hub.claims(host), 100) << host;
    for (const char *host : {"ghcr.io", "docker.io.example", "mydocker.io", "", "localhost:5000"})
        EXPECT_EQ(hub.claims(host), 0) << host;
}

TEST_F(Claims, OfHarborAreItsName) {
    for (const char *host : {"harbor.example", "my-harbor.example:8443", "HARBOR", "goharbor.example"})
        EXPECT_EQ(harbor.claims(host), 50) << host;
    for (const char *host : {"reg.example", "harb.example", ""}) EXPECT_EQ(harbor.claims(host), 0) << host;
}

TEST_F(Claims, OfV2AreAnythingAtAll) {
    for (const char *host : {"docker.io", "harbor", "", "[::1]:5000"}) EXPECT_EQ(v2.claims(host), 1) << host;
}

using Names = Room;

TEST_F(Names, AllMeanTheSameImageOnDockerHub) {
    for (const char *registry : {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
        for (const char *repository : {"nginx", "library/nginx"})
            for (const bool default_host : {false, true})
                EXPECT_THAT(hub.normalize(typed(registry, repository, default_host)),
                            ElementsAre("docker.io|library/nginx|1|"));
    EXPECT_THAT(hub.normalize(typed("docker.io", "user/app")), ElementsAre("docker.io|user/app|1|"));
    EXPECT_THAT(hub.normalize({"docker.io", "nginx", "", "sha256:ab", false}),
                ElementsAre("docker.io|library/nginx||sha256:ab"));
}

TEST_F(Names, OfOneWordUnderADefaultHostAreInLibraryFirst) {
    EXPECT_THAT(v2.normalize(typed("reg:5000", "nginx", true)),
                ElementsAre("reg:5000|library/nginx|1|", "reg:5000|nginx|1|"));
    EXPECT_THAT(harbor.normalize(typed("reg:5000", "nginx", true)),
                ElementsAre("reg:5000|library/nginx|1|", "reg:5000|nginx|1|"));
}

TEST_F(Names, WithAHostAreAsTyped) {
    EXPECT_THAT(v2.normalize(typed("reg:5000", "nginx")), ElementsAre("reg:5000|nginx|1|"));
    EXPECT_THAT(harbor.normalize(typed("reg:5000", "nginx")), ElementsAre("reg:5000|nginx|1|"));
}

TEST_F(Names, OfManyPartsAreAsTyped) {
    for (const bool default_host : {false, true}) {
        EXPECT_THAT(v2.normalize(typed("reg", "a/b", default_host)), ElementsAre("reg|a/b|1|"));
        EXPECT_THAT(harbor.normalize(typed("reg", "a/b/c", default_host)), ElementsAre("reg|a/b/c|1|"));
    }
}

TEST_F(Names, OfAHarborProjectMayMeanItsProxyCache) {
    EXPECT_THAT(harbor.normalize(typed("reg", "proxy/nginx")),
                ElementsAre("reg|proxy/nginx|1|", "reg|proxy/library/nginx|1|"));
    EXPECT_THAT(harbor.normalize(typed("reg", "library/nginx")), ElementsAre("reg|library/nginx|1|"));
}

TEST_F(Names, StayOnceNormalized) {
    for (const Backend *backend : {&hub, &harbor, &v2})
        for (const char *name : {"nginx", "a/b", "a/b/c"})
            for (const bool default_host : {false, true}) {
                const std::string first = backend->normalize(typed("docker.io", name, default_host))[0];
                const std::size_t bar = first.find('|'), next = first.find('|', bar + 1);
                const auto again = typed(first.substr(0, bar), first.substr(bar + 1, next - bar - 1));
                EXPECT_EQ(backend->normalize(again)[0], first);
            }
}

using Endpoints = Room;

TEST_F(Endpoints, OfDockerHubIsItsApiHost) {
    EXPECT_THAT(hub.endpoints(typed("docker.io", "library/nginx")),
                ElementsAre("https://registry-1.docker.io|library/nginx"));
}

TEST_F(Endpoints, SpeakTlsUnlessTheUserSaysOtherwise) {
    for (const Backend *backend : {&harbor, &v2}) {
        EXPECT_THAT(backend->endpoints(typed("reg.example:5000", "a")), ElementsAre("https://reg.example:5000|a"));
        ferry::Reference plain = typed("reg.example:5000", "a");
        plain.plain_http = true;
        EXPECT_THAT(backend->endpoints(plain), ElementsAre("http://reg.example:5000|a"));
        EXPECT_THAT(backend->normalize(plain), ElementsAre("reg.example:5000|a|1||plain"));
        EXPECT_THAT(backend->endpoints(typed("https://reg.example/", "a")), ElementsAre("https://reg.example|a"));
        EXPECT_THAT(backend->endpoints(typed("192.168.1.5:5000", "a")), ElementsAre("https://192.168.1.5:5000|a"));
    }
}

TEST_F(Endpoints, MayFallBackToHttpOnThisMachine) {
    for (const char *host :
         {"localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000", "reg.localhost:80"})
        EXPECT_THAT(v2.endpoints(typed(host, "a")), ElementsAre("https://" + std::string(host) + "|a|plain"));
    EXPECT_THAT(v2.endpoints(typed("https://localhost:5000", "a")), ElementsAre("https://localhost:5000|a"));
}

TEST_F(Endpoints, RefuseWhatIsNotAHost) {
    for (const char *host : {"", "ftp://reg.example", "user@reg.example", "http://"})
        EXPECT_EQ(failure([&] { v2.endpoints(typed(host, "a")); }).code, FERRY_E_INVALID) << host;
}

using Authorize = Room;

TEST_F(Authorize, BasicSendsTheLoginWithEachRequest) {
    const ferry::Credential credential = v2.authorize({"Basic realm=\"x\""}, "bob", "pw");
    EXPECT_EQ(credential.name, "Authorization");
    EXPECT_EQ(credential.value, "Basic Ym9iOnB3");
    EXPECT_EQ(credential.lifetime_ms, -1);
}

TEST_F(Authorize, BasicWithoutALoginSaysHowToGiveOne) {
    const ferry::Error error = failure([&] { v2.authorize({"Basic realm=\"x\""}); });
    EXPECT_EQ(error.code, FERRY_E_UNAUTHORIZED);
    EXPECT_THAT(error.message.english(), HasSubstr("reg.example"));
    EXPECT_THAT(error.message.english(), HasSubstr("-u NAME --password-stdin"));
}

TEST_F(Authorize, BearerWithoutRealmNamesTheHost) {
    const ferry::Error error = failure([&] { v2.authorize({"Bearer service=\"x\""}, "bob", "pw"); });
    EXPECT_EQ(error.code, FERRY_E_PROTOCOL);
    EXPECT_THAT(error.message.english(), HasSubstr("reg.example"));
}

TEST_F(Authorize, NamesSchemesThatAreNotSpoken) {
    const ferry::Error error = failure([&] { v2.authorize({"Negotiate", "Digest realm=x"}, "bob", "pw"); });
    EXPECT_EQ(error.code, FERRY_E_UNSUPPORTED);
    EXPECT_THAT(error.message.english(), HasSubstr("negotiate, digest"));
}

TEST_F(Authorize, NeedsALoginForARefusalWithoutChallenge) {
    EXPECT_EQ(v2.authorize({}, "bob", "pw").value, "Basic Ym9iOnB3");
    EXPECT_EQ(failure([&] { v2.authorize({}); }).code, FERRY_E_UNAUTHORIZED);
    EXPECT_THAT(http.requests(), testing::IsEmpty());
}

TEST(AuthorizeBearer, IsPreferredAcrossFields) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    const Backend v2(V2_PLUGIN, http);
    EXPECT_EQ(v2.authorize({"Negotiate", "Basic realm=x, Bearer realm=\"https://a.example/t\""}, "bob", "pw").value,
              "Bearer abc");
}

TEST(AuthorizeBearer, OfDockerHubIsKnownWithoutAChallenge) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    const Backend hub(DOCKERHUB_PLUGIN, http);
    EXPECT_EQ(hub.authorize({}, "", "", "https://registry-1.docker.io").value, "Bearer abc");
    EXPECT_EQ(http.requests()[0].url, "https://auth.docker.io/token?service=registry.docker.io&scope="
                                      "repository%3Ateam%2Fapp%3Apull");
    EXPECT_EQ(failure([&] { hub.authorize({}, "", "", "https://mirror.example"); }).code, FERRY_E_UNAUTHORIZED)
        << "a mirror is another party";
}

TEST(AuthorizeBearer, PassesHarborRobotsVerbatim) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    const Backend harbor(HARBOR_PLUGIN, http);
    harbor.authorize({R"(Bearer realm="https://reg.example/service/token",service="harbor-registry")"},
                     "robot$proj+name", "pa$$word");
    EXPECT_EQ(http.requests()[0].header("Authorization"), "Basic cm9ib3QkcHJvaituYW1lOnBhJCR3b3Jk");
}

TEST(AuthorizeBearer, OfHarborBehindATlsProxyIsAskedOverTls) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    const Backend harbor(HARBOR_PLUGIN, http);
    harbor.authorize({R"(Bearer realm="http://reg.example/service/token",service="harbor-registry")"}, "bob", "pw");
    EXPECT_EQ(http.requests()[0].url, "https://reg.example/service/token?service=harbor-registry&scope="
                                      "repository%3Ateam%2Fapp%3Apull");
}

TEST(AuthorizeBearer, OfAnyOtherRegistryIsNotAskedOverPlainHttp) {
    FakeHttp http;
    const Backend v2(V2_PLUGIN, http);
    EXPECT_EQ(failure([&] { v2.authorize({R"(Bearer realm="http://reg.example/token")"}, "bob", "pw"); }).code,
              FERRY_E_UNAUTHORIZED);
}

using Explain = Room;

TEST_F(Explain, TellsDockerHubsQuotaFromItsAbuseProtection) {
    const auto quota = hub.explain(429,
                                   R"({"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your )"
                                   R"(unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"}]})",
                                   false);
    ASSERT_EQ(quota.size(), 1U);
    EXPECT_EQ(quota[0].meaning, FERRY_E_EXHAUSTED) << "no use to ask again";
    EXPECT_THAT(quota[0].what.english(), HasSubstr("pull limit for anonymous"));
    EXPECT_THAT(quota[0].remedy.english(), HasSubstr("Log in with -u NAME"));
    const auto account = hub.explain(429, "You have reached your pull rate limit", true);
    EXPECT_THAT(account[0].what.english(), HasSubstr("this account"));
    const auto abuse = hub.explain(429, "Too Many Requests", false);
    ASSERT_EQ(abuse.size(), 1U);
    EXPECT_EQ(abuse[0].meaning, FERRY_E_RATE_LIMITED);
    EXPECT_THAT(abuse[0].what.english(), HasSubstr("abuse protection"));
}

TEST_F(Explain, SaysThatA401OfDockerHubMeansAbsentOrPrivate) {
    for (const bool with_credentials : {false, true}) {
        const auto advice = hub.explain(401, "", with_credentials);
        ASSERT_EQ(advice.size(), 1U);
        EXPECT_EQ(advice[0].meaning, FERRY_E_UNAUTHORIZED);
        EXPECT_EQ(advice[0].what.english(), "Docker Hub has no repository team/app, or it is private");
        EXPECT_EQ(advice[0].remedy.english().find("-u NAME") == std::string::npos, with_credentials);
    }
}

TEST_F(Explain, HarborsPolicies) {
    const auto unsafe = harbor.explain(412,
                                       R"({"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"current image with )"
                                       R"(3 vulnerabilities cannot be pulled due to configured policy"}]})",
                                       true);
    ASSERT_EQ(unsafe.size(), 1U);
    EXPECT_EQ(unsafe[0].meaning, FERRY_E_FORBIDDEN);
    EXPECT_THAT(unsafe[0].what.english(),
                HasSubstr("project team on vulnerabilities: current image with 3 vulnerabilities"));
    EXPECT_THAT(unsafe[0].remedy.english(), HasSubstr("vulnerabilities"));
    const auto unsigned_image = harbor.explain(
        412, R"({"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"The image is not signed by cosign."}]})", true);
    EXPECT_THAT(unsigned_image[0].remedy.english(), HasSubstr("signed"));
    EXPECT_EQ(harbor.explain(412, "", true).size(), 1U) << "a body is not needed";
}

TEST_F(Explain, SaysHowToQuoteTheNameOfAHarborRobot) {
    const auto refused = harbor.explain(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"unauthorized"}]})", true);
    EXPECT_EQ(refused[0].meaning, FERRY_E_UNAUTHORIZED);
    EXPECT_THAT(refused[0].remedy.english(), HasSubstr("-u 'robot$project+name'"));
    const auto nobody = harbor.explain(401, "", false);
    EXPECT_THAT(nobody[0].what.english(), HasSubstr("the project team is private or does not exist"));
    const auto forbidden = harbor.explain(403, "", true);
    EXPECT_EQ(forbidden[0].meaning, FERRY_E_FORBIDDEN);
    EXPECT_THAT(forbidden[0].what.english(), HasSubstr("project team"));
}

TEST_F(Explain, HarborsAbsentProjects) {
    const auto advice =
        harbor.explain(404, R"({"errors":[{"code":"NOT_FOUND","message":"project team not found"}]})", false);
    EXPECT_EQ(advice[0].meaning, FERRY_E_NOT_FOUND);
    EXPECT_THAT(advice[0].what.english(), HasSubstr("project team not found"));
    EXPECT_THAT(advice[0].remedy.english(), HasSubstr("PROJECT/library/NAME"));
}

TEST_F(Explain, AnyRegistrysLoginAndRights) {
    EXPECT_EQ(v2.explain(401, "", false)[0].meaning, FERRY_E_UNAUTHORIZED);
    EXPECT_THAT(v2.explain(401, "", false)[0].remedy.english(), HasSubstr("-u NAME"));
    EXPECT_THAT(v2.explain(401, "", true)[0].remedy.english(), HasSubstr("Check the user name"));
    const auto denied = v2.explain(403, R"({"errors":[{"code":"DENIED","message":"not\nyours"}]})", true);
    EXPECT_EQ(denied[0].meaning, FERRY_E_FORBIDDEN);
    EXPECT_THAT(denied[0].what.english(), HasSubstr(": not yours"));
}

TEST_F(Explain, NothingThatTheHostKnowsBetter) {
    for (const int status : {400, 404, 416, 429, 500}) EXPECT_THAT(v2.explain(status, "", false), testing::IsEmpty());
    for (const int status : {404, 500}) EXPECT_THAT(hub.explain(status, "", false), testing::IsEmpty());
}

TEST_F(Explain, BodiesOfAnyShape) {
    for (const char *body :
         {"<html>", "null", "5", "[]", "{\"errors\":5}", "{\"errors\":[]}", "{\"errors\":[1]}", "{\"errors\":[{}]}",
          "{\"errors\":[{\"message\":null}]}", "{\"errors\":[{\"message\":[]}]}", "\xFF\xFE"})
        for (const Backend *backend : {&hub, &harbor, &v2})
            EXPECT_EQ(backend->explain(403, body, true).size(), 1U) << body;
    const auto large = v2.explain(403, R"({"errors":[{"message":")" + std::string(5000, 'x') + "\"}]}", true);
    EXPECT_LT(large[0].what.english().size(), 400U);
}

std::string repeated(const std::string &item, std::size_t times) {
    std::string list = "[";
    for (std::size_t i = 0; i < times; ++i) list += (i ? "," : "") + item;
    return list + "]";
}

std::string page_of(const ferry::test::WebRequest &request) {
    return request.url.substr(request.url.rfind("page=") + 5);
}

TEST(Lists, OfHarborAreReadPageByPageToTheLast) {
    ferry::test::Web web([](const ferry::test::WebRequest &request, std::size_t) {
        const std::string page = page_of(request);
        const std::string artifact = R"({"digest":"sha256:x","SIZE":7,"tags":[{"name":"t)" + page +
                                     R"(","push_time":"2024-01-02T03:04:05.678Z"},null,{"name":"caf\ud800"}],)" +
                                     R"("references":[{"platform":{"os":"linux","architecture":"arm64"}},{}]})";
        return ferry::test::WebReply{200, repeated(artifact, page == "3" ? 1 : 100)};
    });
    Backend harbor(HARBOR_PLUGIN, web.http());
    const auto tags = harbor.list_tags("harbor.example", "team/app");
    ASSERT_EQ(tags.size(), 402U);
    EXPECT_EQ(tags[0].name, "t1");
    EXPECT_EQ(tags[0].size, 7);
    EXPECT_EQ(tags[0].platforms, "linux/arm64");
    EXPECT_EQ(tags[0].updated, 1704164645);
    EXPECT_EQ(tags[401].name, "caf\xEF\xBF\xBD");
    ASSERT_EQ(web.requests().size(), 3U);
    EXPECT_EQ(
        web.requests()[0].url,
        "https://harbor.example/api/v2.0/projects/team/repositories/app/artifacts?with_tag=true&page_size=100&page=1");
}

TEST(Lists, OfDockerHubAreReadPageByPageToTheLast) {
    ferry::test::Web web([](const ferry::test::WebRequest &request, std::size_t) {
        const std::string page = page_of(request);
        return ferry::test::WebReply{200, R"({"next":)" + std::string(page == "2" ? "null" : "\"more\"") +
                                              R"(,"results":[{"name":"t)" + page +
                                              R"(","images":[{"os":"linux","architecture":"amd64"}]},null]})"};
    });
    Backend hub(DOCKERHUB_PLUGIN, web.http());
    const auto tags = hub.list_tags("docker.io", "library/debian");
    ASSERT_EQ(tags.size(), 2U);
    EXPECT_EQ(tags[1].name, "t2");
    EXPECT_EQ(tags[1].platforms, "linux/amd64");
    EXPECT_EQ(web.requests()[1].url,
              "https://hub.docker.com/v2/namespaces/library/repositories/debian/tags?page_size=100&page=2");
}

// Of each list: what a page of it is. `other` makes each page another one.
TEST(Lists, WithoutEndAreGivenUp) {
    struct Endless {
        const char *what, *plugin;
        std::function<std::string(const std::string &)> page;
        std::function<void(const Backend &)> ask;
    };
    const auto harbor_tags = [](const Backend &backend) { backend.list_tags("h.example", "team/app"); };
    const Endless table[] = {
        {"artifacts without tags", HARBOR_PLUGIN,
         [](const std::string &n) { return repeated("{\"n\":" + n + "}", 100); }, harbor_tags},
        {"projects", HARBOR_PLUGIN, [](const std::string &n) { return repeated("{\"name\":\"p" + n + "\"}", 100); },
         [](const Backend &backend) { backend.search("h.example", "", 25); }},
        {"tags of Docker Hub", DOCKERHUB_PLUGIN,
         [](const std::string &n) { return R"({"next":"x","results":[],"n":)" + n + "}"; },
         [](const Backend &backend) { backend.list_tags("docker.io", "library/debian"); }},
        {"hits of Docker Hub", DOCKERHUB_PLUGIN,
         [](const std::string &n) { return R"({"next":"x","results":[null],"n":)" + n + "}"; },
         [](const Backend &backend) { backend.search("docker.io", "debian", 25); }},
    };
    for (const Endless &one : table) {
        ferry::test::Web web([&](const ferry::test::WebRequest &request, std::size_t) {
            if (request.url.find("/repositories?") != std::string::npos) return ferry::test::WebReply{200, "[]"};
            return ferry::test::WebReply{200, one.page(page_of(request))};
        });
        const Backend backend(one.plugin, web.http());
        const ferry::Error e = failure([&] { one.ask(backend); });
        EXPECT_EQ(e.code, FERRY_E_PROTOCOL) << one.what << ": " << e.message.english();
        EXPECT_THAT(e.message.english(), HasSubstr("without end")) << one.what;
        EXPECT_LE(web.requests().size(), 10'000U) << one.what;
    }
    // The same page again and again is a server that knows no pages: what it has is listed once.
    ferry::test::Web web([&](const ferry::test::WebRequest &, std::size_t) {
        return ferry::test::WebReply{200, repeated(R"({"digest":"x","tags":[{"name":"t"}]})", 100)};
    });
    EXPECT_EQ(Backend(HARBOR_PLUGIN, web.http()).list_tags("h.example", "team/app").size(), 100U);
    EXPECT_EQ(web.requests().size(), 2U);
}

TEST(Lists, KeepNoMorePlatformsOfATagThanThereAre) {
    std::string references = "[";
    for (int i = 0; i < 2000; ++i)
        references += (i ? "," : "") + (R"({"platform":{"architecture":"a)" + std::to_string(i) + R"("}})");
    ferry::test::Web web([&](const ferry::test::WebRequest &, std::size_t) {
        return ferry::test::WebReply{200, R"([{"tags":[{"name":"t"}],"references":)" + references + "]}]"};
    });
    const auto tags = Backend(HARBOR_PLUGIN, web.http()).list_tags("h.example", "team/app");
    ASSERT_EQ(tags.size(), 1U);
    EXPECT_LE(tags[0].platforms.size(), 4096U);
    EXPECT_THAT(tags[0].platforms, testing::StartsWith("linux/a0 linux/a1 "));
}

TEST(Lists, EndWhereTheHostWantsNoMore) {
    ferry::test::Web web([&](const ferry::test::WebRequest &request, std::size_t) {
        return ferry::test::WebReply{200, repeated(R"({"tags":[{"name":"t)" + page_of(request) + "\"}]}", 100)};
    });
    const Backend backend(HARBOR_PLUGIN, web.http());
    EXPECT_EQ(failure([&] { backend.list_tags("h.example", "team/app", 150); }).code, FERRY_E_CANCELLED);
    EXPECT_EQ(web.requests().size(), 2U);
}

TEST(Lists, OfWhatIsNotSuchAnApiAreLeftToTheHost) {
    for (const std::string &body :
         std::vector<std::string>{"<html>", "", "5", R"({"x":1})", "[" + std::string(8 << 20, ' ') + "]"}) {
        ferry::test::Web web([&](const ferry::test::WebRequest &, std::size_t) {
            return ferry::test::WebReply{200, body};
        });
        const Backend backend(HARBOR_PLUGIN, web.http());
        const ferry_status code = failure([&] { backend.list_tags("h.example", "team/app"); }).code;
        EXPECT_EQ(code, body.size() > 100 ? FERRY_E_PROTOCOL : FERRY_E_UNSUPPORTED) << body.substr(0, 20);
    }
    // Too many values for any API's page.
    ferry::test::Web web([&](const ferry::test::WebRequest &, std::size_t) {
        return ferry::test::WebReply{200, repeated("{}", 2'000'000)};
    });
    const ferry::Error e = failure([&] { Backend(HARBOR_PLUGIN, web.http()).list_tags("h.example", "team/app"); });
    EXPECT_THAT(e.message.english(), HasSubstr("more than 1000000 values"));
}

TEST_F(Room, PluginsDescribeThemselves) {
    const std::pair<const Backend *, const char *> all[] = {{&hub, "dockerhub"}, {&harbor, "harbor"}, {&v2, "v2"}};
    for (const auto &[backend, id] : all) {
        EXPECT_STREQ(backend->plugin().id, id);
        EXPECT_THAT(backend->plugin().manifest, HasSubstr("\ninterface " FERRY_REGISTRY_V1 "\n"));
        EXPECT_EQ(backend->plugin().get_interface("ferry.registry/2"), nullptr);
    }
}

} // namespace
