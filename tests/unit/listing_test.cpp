// Tags, catalogs and mirrors: pages, names and who is asked.
#include "core/base/digest.h"
#include "core/registry/foreign_layer.h"
#include "core/registry/link_header.h"
#include "core/registry/list_limits.h"
#include "core/registry/tags_and_search.h"
#include "support/backend.h"
#include "support/web.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure;
using test::hasty_client;
using test::home;
using test::Host;
using test::mirror;
using test::Reach;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> names(const Listed<ferry::Tag> &listed) {
    std::vector<std::string> out;
    for (const ferry::Tag &tag : listed.items) out.push_back(tag.name);
    return out;
}

TEST(Link, TheNextPageIsTheTargetOfItsRelation) {
    const struct {
        std::vector<std::string> links;
        const char *next;
    } table[] = {
        {{}, ""},
        {{R"(</v2/a/tags/list?last=x&n=2>; rel="next")"}, "/v2/a/tags/list?last=x&n=2"},
        {{R"(<https://b/x>;rel=next)"}, "https://b/x"},
        {{R"(<a>; rel="prev", <b>; rel="next")"}, "b"},
        {{R"(<a>; rel="first")", R"(<b>; title="t"; REL="NEXT")"}, "b"},
        {{R"(<a>; rel="prev")"}, ""},
        {{R"(<a; rel="next")"}, ""},
        {{"rel=next"}, ""},
    };
    for (const auto &[links, next] : table) EXPECT_EQ(next_page(links), next);
}

TEST(Tags, AreReadPageByPageFromRelativeLinks) {
    Web web([](const WebRequest &request, std::size_t) -> WebReply {
        if (request.url.find("last=b") != request.url.npos) return {200, R"({"name":"team/app","tags":["c"]})"};
        return {200,
                R"({"name":"team/app","tags":["a","b"]})",
                {{"Link", R"(</v2/team/app/tags/list?n=2&last=b>; rel="next")"}}};
    });
    Host host;
    Reach reach(web.http(), {home});
    EXPECT_THAT(names(list_tags(host.operation, *reach.repository, 0)), ElementsAre("a", "b", "c"));
    ASSERT_EQ(web.requests().size(), 2U);
    EXPECT_EQ(web.requests()[0].url, "https://a/v2/team/app/tags/list?n=1000") << "ECR refuses more than 1000";
    EXPECT_EQ(web.requests()[1].url, "https://a/v2/team/app/tags/list?n=2&last=b");
}

TEST(Tags, OfAPageOnAnotherHostAreAskedForWithoutTheToken) {
    Web web([](const WebRequest &request, std::size_t index) -> WebReply {
        if (index == 0) return {401, "", {{"WWW-Authenticate", "Bearer realm=\"x\""}}};
        if (request.url.rfind("https://other/", 0) == 0) return {200, R"({"tags":["c"]})"};
        return {200, R"({"tags":["a"]})", {{"Link", R"(<https://other/page>; rel="next")"}}};
    });
    Host host;
    Reach reach(web.http(), {home});
    reach.script.authorize = [](const Op &, const Challenge &) {
        return Credential{"Authorization", "Bearer hidden", 60'000};
    };
    EXPECT_THAT(names(list_tags(host.operation, *reach.repository, 0)), ElementsAre("a", "c"));
    ASSERT_EQ(web.requests().size(), 3U);
    EXPECT_EQ(web.requests()[1].header("Authorization"), "Bearer hidden");
    EXPECT_EQ(web.requests()[2].header("Authorization"), "");
}

TEST(Tags, MayBeNullOrALoop) {
    Host host;
    Web nothing([](const WebRequest &, std::size_t) { return WebReply{200, R"({"name":"team/app","tags":null})"}; });
    Reach empty(nothing.http(), {home});
    EXPECT_THAT(names(list_tags(host.operation, *empty.repository, 0)), IsEmpty());
}

TEST(Tags, OfAListThatLeadsBackIntoItselfAreReadOnce) {
    Host host;
    Web loop([](const WebRequest &, std::size_t) {
        return WebReply{200, R"({"tags":["a"]})", {{"Link", R"(</v2/team/app/tags/list?n=1000>; rel="next")"}}};
    });
    Reach reach(loop.http(), {home});
    EXPECT_THAT(names(list_tags(host.operation, *reach.repository, 0)), ElementsAre("a"));
}

TEST(Tags, ThatNeverEndAreGivenUp) {
    const struct {
        const char *what, *body;
    } table[] = {{"empty pages", R"({"tags":[]})"}, {"the same page", R"({"tags":["a"]})"}, {"no list", "{}"}};
    for (const auto &[what, body] : table) {
        Host host;
        Web web([&, body = body](const WebRequest &, std::size_t index) {
            return WebReply{200, body, {{"Link", "</v2/x?page=" + std::to_string(index) + ">; rel=\"next\""}}};
        });
        Reach reach(web.http(), {home});
        const Error e = failure([&] { list_tags(host.operation, *reach.repository, 0); });
        EXPECT_EQ(e.kind(), Kind::network) << what;
        EXPECT_THAT(e.message.english(), HasSubstr("a sends the tags of a/team/app:1 without end")) << what;
        EXPECT_THAT(e.remedy.english(), HasSubstr("--limit")) << what;
        EXPECT_EQ(web.requests().size(), most_pages) << what;
    }
}

TEST(Tags, AreBoundedInNumberAndBytes) {
    for (const std::size_t length : {8, 100'000}) {
        Host host;
        const std::size_t of_a_page = (1 << 20) / length;
        std::string list;
        for (std::size_t i = 0; i < of_a_page; ++i) list += (i ? ",\"" : "\"") + std::string(length, 'x') + '"';
        Web web([&](const WebRequest &, std::size_t index) {
            return WebReply{
                200, "{\"tags\":[" + list + "]}", {{"Link", "<x" + std::to_string(index) + ">; rel=\"next\""}}};
        });
        Reach reach(web.http(), {home});
        const Error e = failure([&] { list_tags(host.operation, *reach.repository, 0); });
        EXPECT_EQ(e.kind(), Kind::network);
        EXPECT_THAT(e.message.english(),
                    HasSubstr("the tags of a/team/app:1: the list has more than 250000 entries or 32 MiB"));
        EXPECT_LE(web.requests().size(), 1 + std::min(most_listed / of_a_page + 1, most_listed_bytes >> 19));
    }
}

TEST(Tags, FromABackendsOwnApiAreBoundedAsWell) {
    for (const bool search : {false, true}) {
        Host host;
        Web web([](const WebRequest &, std::size_t) { return WebReply{404}; });
        Reach reach(web.http(), {home});
        std::size_t pushed = 0;
        reach.script.list_tags = [&](const Listing &out) {
            for (;; ++pushed) out.tag({"t", {}, {}, -1, 0});
        };
        reach.script.search = [&](const Listing &out) {
            for (;; ++pushed) out.hit({"t", {}, -1, -1, false});
        };
        if (search) {
            const auto found = reach.repository->backend().search(host.operation, {{}, "a"}, "x", 10, {});
            ASSERT_TRUE(found);
            EXPECT_EQ(found->size(), 10U) << "what is beyond the limit is not kept";
            EXPECT_EQ(pushed, 10U);
            continue;
        }
        const Error e = failure([&] { list_tags(host.operation, *reach.repository, 0); });
        EXPECT_EQ(e.kind(), Kind::network);
        EXPECT_THAT(e.message.english(), HasSubstr("the list has more than 250000 entries"));
        EXPECT_EQ(pushed, most_listed);
    }
}

TEST(Tags, ThatAreARefusalIn200AreOne) {
    const struct {
        const char *body;
        Kind kind;
    } table[] = {
        {R"({"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]})", Kind::not_found},
        {R"({"errors":[{"code":"UNAUTHORIZED","message":"log in"}]})", Kind::access},
        {R"({"errors":[{"code":"DENIED"}],"tags":null})", Kind::access},
        {R"({"errors":[{"code":"TOOMANYREQUESTS"}]})", Kind::rate_limit},
        {R"({"errors":[{"code":"UNKNOWN","message":"a fault"}]})", Kind::network},
    };
    for (const auto &[body, kind] : table) {
        Host host;
        Web web([&, body = body](const WebRequest &, std::size_t) { return WebReply{200, body}; });
        Reach reach(web.http(), {home});
        const Error e = failure([&] { list_tags(host.operation, *reach.repository, 0); });
        EXPECT_EQ(e.kind(), kind) << body;
        EXPECT_THAT(e.message.english(), HasSubstr("the tags of a/team/app"));
    }
}

TEST(Tags, EndAtTheLimitAndSayThatThereAreMore) {
    Host host;
    Web web([](const WebRequest &, std::size_t) {
        return WebReply{200, R"({"tags":["a","b","c"]})", {{"Link", "<x>; rel=\"next\""}}};
    });
    Reach reach(web.http(), {home});
    const auto two = list_tags(host.operation, *reach.repository, 2);
    EXPECT_THAT(names(two), ElementsAre("a", "b"));
    EXPECT_TRUE(two.cut);
    EXPECT_EQ(web.requests().size(), 1U) << "no page is fetched that nobody reads";
}

TEST(Tags, ThatARegistryDoesNotListAreARefusalThatNamesIt) {
    for (const int status : {403, 404}) {
        Host host;
        Web web([&](const WebRequest &, std::size_t) { return WebReply{status}; });
        Reach reach(web.http(), {home});
        const Error e = failure([&] { list_tags(host.operation, *reach.repository, 0); });
        EXPECT_EQ(e.http_status, status);
        EXPECT_THAT(e.message.english(), HasSubstr("the tags of a/team/app"));
    }
}

TEST(Tags, OfAMirroredRepositoryComeFromTheMirrorFirst) {
    Host host;
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, R"({"tags":["a"]})"}; });
    Reach reach(web.http(), {mirror, home});
    list_tags(host.operation, *reach.repository, 0);
    EXPECT_EQ(web.requests()[0].url, "https://m/hub/v2/mirrored/app/tags/list?n=1000&ns=a")
        << "ns says which registry is meant";
}

TEST(Mirrors, AreToldWhichRegistryIsMeantAndTheRegistryIsNot) {
    Host host;
    Web web([](const WebRequest &request, std::size_t) -> WebReply {
        return request.url.rfind("https://m", 0) == 0 ? WebReply{404} : WebReply{200, "{}"};
    });
    Reach reach(web.http(), {mirror, home});
    reach.repository->manifest(host.operation, "1");
    ASSERT_EQ(web.requests().size(), 2U);
    EXPECT_EQ(web.requests()[0].url, "https://m/hub/v2/mirrored/app/manifests/1?ns=a");
    EXPECT_EQ(web.requests()[1].url, "https://a/v2/team/app/manifests/1");
}

TEST(Unanswered, IsWhatEndedWithoutAWordOfTheHost) {
    const auto failure = [](ferry_status status, int http) {
        Error e(status, "x");
        e.http_status = http;
        return e;
    };
    EXPECT_TRUE(unanswered(failure(FERRY_E_NETWORK, 0)));
    EXPECT_TRUE(unanswered(failure(FERRY_E_TLS, 0)));
    EXPECT_TRUE(unanswered(failure(FERRY_E_PROXY, 502)));
    EXPECT_FALSE(unanswered(failure(FERRY_E_PROXY, 407))) << "that is about the proxy";
    EXPECT_FALSE(unanswered(failure(FERRY_E_PROTOCOL, 500)));
    EXPECT_FALSE(unanswered(failure(FERRY_E_NOT_FOUND, 404)));
    EXPECT_FALSE(unanswered(failure(FERRY_E_UNAUTHORIZED, 0)));
}

TEST(Mirrors, ThatAreDeadAreNotAskedTwice) {
    Host host;
    Web web([](const WebRequest &request, std::size_t) -> WebReply {
        if (request.url.rfind("https://m", 0) == 0) return {0, "no route", {}, FERRY_E_NETWORK};
        return {200, "{}"};
    });
    Reach reach(web.http(), {home});
    Mirrors mirrors{{"m"}};
    const auto another = [&] {
        return std::make_shared<Repository>(reach.backend, reach.client, reach.repository->reference(), Credentials{},
                                            Insecure{}, mirrors);
    };
    another()->manifest(host.operation, "1");
    const auto second = another(); // of another image of the same command
    second->manifest(host.operation, "1");
    second->manifest(host.operation, "2");
    EXPECT_EQ(web.count("https://m"), 1U);
    EXPECT_TRUE(second->is_silent(0)) << "layers are not asked for there either";
}

TEST(Mirrors, GetTheLoginOfTheirOwnHostAndNoOther) {
    Host host;
    Web web([](const WebRequest &request, std::size_t) -> WebReply {
        if (request.header("Authorization").empty()) return {401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}}};
        return {200, "{}"};
    });
    Reach reach(web.http(), {home});
    reach.script.authorize = [](const Op &, const Challenge &) {
        return Credential{"Authorization", "Basic eA==", -1};
    };
    Mirrors mirrors{
        {"http://m:5000/hub"}, [](const std::string &at) {
            return at == "m:5000" ? Credentials{"mirror-user", "mirror-pass", ""} : Credentials{"wrong", "wrong", ""};
        }};
    Repository repository(reach.backend, reach.client, reach.repository->reference(), {"home-user", "home-pass", ""},
                          Insecure{}, mirrors);
    repository.manifest(host.operation, "1");
    ASSERT_EQ(reach.script.challenges().size(), 1U);
    EXPECT_EQ(reach.script.challenges()[0].username, "mirror-user");
    EXPECT_EQ(reach.script.challenges()[0].secret, "mirror-pass");
}

TEST(MirrorPlaces, BelongToOneRegistryOrToAll) {
    const Reference typed{{{}, "registry-1.docker.io"}, "nginx", "1", "", "nginx"},
        meant{{{}, "docker.io"}, "library/nginx", "1", "", "nginx"};
    const Reference other{{"http", "corp", 5000}, "team/app", "1", "", "corp:5000/team/app"};
    std::vector<Mirror> mirrors;
    for (const char *text : {"all.example", "docker.io=harbor.corp/dockerhub", "registry-1.docker.io=b.example",
                             "http://corp:5000=near.corp", "all.example"})
        mirrors.push_back(parse_mirror(text));
    EXPECT_THAT(mirror_places(mirrors, typed, meant), ElementsAre("all.example", "harbor.corp/dockerhub", "b.example"));
    EXPECT_THAT(mirror_places(mirrors, other, other), ElementsAre("all.example", "near.corp"));
}

TEST(MirrorPlaces, AreRefusedWhereNothingCanBe) {
    for (const char *text : {"", "ftp://m", "m/path?query", "m:port", "=m", "a b=m", "corp/path=m", "corp=", "a=b=c"})
        EXPECT_EQ(failure([&] { parse_mirror(text); }).kind(), Kind::usage) << text;
}

TEST(Quota, ThatIsUsedUpIsNotAskedForAgain) {
    Host host;
    Web web([](const WebRequest &, std::size_t) { return WebReply{429, "quota"}; });
    Reach reach(web.http(), {home}, hasty_client(5));
    reach.script.explain = [](const Refusal &refusal) -> std::optional<Advice> {
        if (refusal.body == "quota") return Advice{FERRY_E_EXHAUSTED, "the quota is used up", "wait"};
        return std::nullopt;
    };
    const Error e = failure([&] { reach.repository->manifest(host.operation, "1"); });
    EXPECT_EQ(e.kind(), Kind::rate_limit);
    EXPECT_FALSE(e.transient());
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST(ForeignUrls, AreHttpAndLeadIntoAPrivateNetworkFromWithinOneOnly) {
    const struct {
        const char *url, *registry;
        bool fine;
    } table[] = {
        {"https://mcr.example.com/blob", "reg.example.com", true},
        {"http://go.example.com/x", "reg.example.com", true},
        {"ftp://a.example.com/x", "reg.example.com", false},
        {"file:///etc/passwd", "reg.example.com", false},
        {"/etc/passwd", "reg.example.com", false},
        {"http://127.0.0.1/x", "reg.example.com", false},
        {"http://169.254.169.254/latest", "reg.example.com", false},
        {"http://10.0.0.1/x", "reg.example.com", false},
        {"http://192.168.1.1/x", "192.168.1.2", true},
        {"http://172.16.0.1/x", "reg.example.com", false},
        {"http://172.32.0.1/x", "reg.example.com", true},
        {"http://[::1]/x", "reg.example.com", false},
        {"http://[fd00::1]/x", "reg.example.com", false},
        {"http://store.lan/x", "reg.example.com", false},
        {"http://store/x", "registry", true},
    };
    for (const auto &[url, registry, fine] : table) {
        bool passed = true;
        try {
            check_foreign_url(url, registry, {});
        } catch (const Error &e) {
            passed = false;
            EXPECT_EQ(e.kind(), Kind::access);
        }
        EXPECT_EQ(passed, fine) << url << " from " << registry;
    }
}

TEST(ForeignLayers, AreFetchedFromTheirUrlWithoutCredentials) {
    Host host;
    const std::string bytes = "the bytes of a layer";
    Descriptor layer{digest_of(bytes),
                     "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                     bytes.size(),
                     {"https://gone.example.com/x", "https://store.example.com/layer?sig=1"}};
    Web web([&](const WebRequest &request, std::size_t) -> WebReply {
        if (request.url.rfind("https://store.example.com/", 0) == 0) return test::serve(request, bytes);
        if (request.url.rfind("https://gone.example.com/", 0) == 0) return {404};
        if (request.header("Authorization").empty()) return {401, "", {{"WWW-Authenticate", "Bearer realm=\"x\""}}};
        return {404};
    });
    Reach reach(web.http(), {home});
    reach.script.authorize = [](const Op &, const Challenge &) {
        return Credential{"Authorization", "Bearer hidden", 60'000};
    };
    EXPECT_EQ(reach.repository->small_blob(host.operation, layer, 1000), bytes);
    for (const WebRequest &request : web.requests())
        if (request.url.rfind("https://a/", 0) != 0) {
            EXPECT_EQ(request.header("Authorization"), "") << request.url;
        }
    const BlobStream rest = reach.repository->open_blob(host.operation, layer, 4, bytes.size(), 0);
    EXPECT_EQ(rest.begin, 4U) << "ranges are asked for there, too";
}

TEST(ForeignLayers, ThatCannotBeHadAreNamedAsSuch) {
    Host host;
    Web web([](const WebRequest &, std::size_t) { return WebReply{404}; });
    Reach reach(web.http(), {home});
    const Descriptor layer{digest_of("x"), "", 1, {"https://gone.example.com/x"}};
    const Error e = failure([&] { reach.repository->open_blob(host.operation, layer, 0, 1, 0); });
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(), HasSubstr("a foreign layer"));
    EXPECT_THAT(e.message.english(), HasSubstr("gone.example.com answers 404"));
}

TEST(Blobs, WithoutALengthAreTakenByTheirDescriptor) {
    Host host;
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, "abc", {}}; }); // no Content-Length: chunked
    Reach reach(web.http(), {home});
    EXPECT_EQ(reach.repository->small_blob(host.operation, {digest_of("abc"), "", 3, {}}, 1000), "abc");
    EXPECT_THROW(reach.repository->small_blob(host.operation, {digest_of("ab"), "", 2, {}}, 1000), Error)
        << "one byte too many";
}

TEST(Blobs, ThatAreCalledEncodedAreJudgedByTheirBytes) {
    Host host;
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, "abc", {{"Content-Encoding", "gzip"}}}; });
    Reach reach(web.http(), {home});
    EXPECT_EQ(reach.repository->small_blob(host.operation, {digest_of("abc"), "", 3, {}}, 1000), "abc");
    EXPECT_THROW(reach.repository->small_blob(host.operation, {digest_of("abd"), "", 3, {}}, 1000), Error);
}

TEST(Manifests, ThatOneEndpointSpoilsComeFromTheNext) {
    Host host;
    const std::string body = R"({"a":"manifest"})";
    Web web([&](const WebRequest &request, std::size_t) -> WebReply {
        return {200, request.url.rfind("https://m", 0) == 0 ? "spoilt" : body};
    });
    Reach reach(web.http(), {mirror, home});
    EXPECT_EQ(reach.repository->manifest(host.operation, digest_of(body)).body, body);
    EXPECT_EQ(web.count("https://m"), 1U) << "not asked a second time";
}

} // namespace
} // namespace ferry::core
