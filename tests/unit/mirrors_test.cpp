// What a mirror answers counts where it is of use; else the next endpoint is asked, and the registry has the last word.
#include "core/registry/inspection.h"
#include "core/registry/resolve.h"
#include "core/registry/tags_and_search.h"
#include "support/backend.h"
#include "support/shelf.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure;
using test::hasty_client;
using test::home;
using test::Host;
using test::oci_index;
using test::oci_manifest;
using test::Reach;
using test::Shelf;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::AllOf;
using testing::HasSubstr;

// All that the registry holds: an image for each architecture.
Shelf &shelf() {
    static Shelf made;
    return made;
}
std::string manifest(const std::string &architecture) {
    return shelf().image(architecture);
}
std::string index(const std::string &child, const std::string &architecture) {
    return shelf().index({Shelf::descriptor(child, oci_manifest, Shelf::platform(architecture))});
}

const ferry::Endpoint first{"https://m1", "team/app", true}, second{"https://m2", "team/app", true};

// The registry at https://a, whole; and mirrors that answer for the tag with `said` and for what lies under a digest
// with `held` of it.
struct World {
    WebReply said;
    bool held = true;
    std::string top = manifest("amd64");

    WebReply operator()(const WebRequest &request, std::size_t) const {
        const bool mirror = request.url.starts_with("https://m");
        if (Shelf::name_in(request) == "1") return mirror ? said : WebReply{200, top, {{"Content-Type", oci_manifest}}};
        return mirror && !held ? WebReply{404, "gone"} : shelf().answer(request);
    }
};

class MirrorsTest : public testing::Test {
protected:
    std::optional<Image> pull(Reach &reach, const std::string &platform = "amd64") {
        std::optional<Image> image;
        reach.repository->manifest(host.operation, "1", [&](HttpReply reply, bool) {
            image = resolve_image(host.operation, *reach.repository, std::move(reply), parse_platform(platform));
        });
        return image;
    }
    Host host;
};

struct Answer {
    const char *what;
    WebReply reply;
};
std::vector<Answer> useless() {
    const auto type = [](const char *value) {
        return std::vector<std::pair<std::string, std::string>>{{"Content-Type", value}};
    };
    return {
        {"an error document under 200", {200, R"({"errors":[{"code":"MANIFEST_UNKNOWN"}]})", type("application/json")}},
        {"a text", {200, "Hello, I am your cache.", type("text/plain")}},
        {"nothing", {200, ""}},
        {"JSON that is no manifest", {200, R"({"hello":"world"})"}},
        {"a list", {200, "[]"}},
        {"a page", {200, "<!DOCTYPE html><title>Log in</title>", type("text/html")}},
        {"cut JSON", {200, manifest("amd64").substr(0, 90), type(oci_manifest)}},
        {"204", {204, ""}},
        {"another platform only", {200, manifest("arm64"), type(oci_manifest)}},
        {"an index of another platform only", {200, index(manifest("arm64"), "arm64"), type(oci_index)}},
        {"an index whose child is nowhere", {200, index("nowhere", "amd64"), type(oci_index)}},
        {"a challenge that nobody can answer", {401, "", {{"WWW-Authenticate", "Negotiate"}}}},
        {"a refusal", {403, "no"}},
        {"a quota", {429, "quota", {{"Retry-After", "99999"}}}},
        {"a redirect to nowhere", {302, "", {{"Location", "ftp://m/x"}}}},
    };
}

TEST_F(MirrorsTest, GiveWayToTheNextOneWithWhateverIsOfNoUse) {
    for (const auto &[what, reply] : useless()) {
        SCOPED_TRACE(what);
        Web web(World{reply});
        Reach reach(web.http(), {first, second, home}, hasty_client(2));
        reach.script.authorize = [](const Op &, const ferry::Challenge &) -> Credential {
            throw ferry::Error(FERRY_E_UNSUPPORTED, "m asks for a login by negotiate; ferry knows Basic and Bearer");
        };
        const auto image = pull(reach);
        ASSERT_TRUE(image.has_value());
        EXPECT_EQ(image->manifest.digest, digest_of(manifest("amd64")));
        EXPECT_EQ(web.count("https://m1/v2/team/app/manifests/1"), 1U) << "once, and not again";
        EXPECT_EQ(web.count("https://m2/v2/team/app/manifests/1"), 1U);
    }
}

TEST_F(MirrorsTest, ServeAnIndexWhoseChildOnlyTheRegistryHas) {
    World world{{200, index(manifest("amd64"), "amd64"), {{"Content-Type", oci_index}}}, false};
    Web web(world);
    Reach reach(web.http(), {first, home}, hasty_client(2));
    EXPECT_EQ(pull(reach)->manifest.digest, digest_of(manifest("amd64")));
    EXPECT_EQ(web.count("https://a/v2/team/app/manifests/1"), 0U) << "the mirror's index was in order";
}

TEST_F(MirrorsTest, LeaveTheLastWordToTheRegistry) {
    // The registry has arm64 only; what the mirror said before is not what the user is to read.
    for (const auto &[what, reply] : useless()) {
        SCOPED_TRACE(what);
        World world{reply};
        world.top = manifest("arm64");
        Web web(world);
        Reach reach(web.http(), {first, home}, hasty_client(1));
        const Error e = failure([&] { pull(reach); });
        EXPECT_EQ(e.kind(), Kind::not_found);
        EXPECT_THAT(e.message.english(), HasSubstr("arm64"));
        EXPECT_EQ(web.count("https://a/v2/team/app/manifests/1"), 1U);
    }
    Web web([](const WebRequest &request, std::size_t) {
        return request.url.starts_with("https://m") ? WebReply{200, "text"} : WebReply{404, ""};
    });
    Reach reach(web.http(), {first, second, home}, hasty_client(1));
    const Error e = failure([&] { pull(reach); });
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(),
                AllOf(HasSubstr("a does not have the manifest"), HasSubstr("(mirrors asked before: m1, m2)")));
}

TEST_F(MirrorsTest, AreAllThereIsToReadWhereTheRegistryIsSilent) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.url.starts_with("https://m") ? WebReply{200, R"({"hello":"world"})"}
                                                    : WebReply{0, "no route to a", {}, FERRY_E_NETWORK};
    });
    Reach reach(web.http(), {first, home}, hasty_client(1));
    EXPECT_THAT(failure([&] { pull(reach); }).message.english(), HasSubstr("neither a manifest nor an index"));
}

TEST_F(MirrorsTest, AreNotAskedAroundForWhatADigestPins) {
    const std::string top = manifest("arm64");
    Web web([&](const WebRequest &request, std::size_t) {
        return shelf().has(Shelf::name_in(request)) ? shelf().answer(request) : WebReply{200, top};
    });
    Reach reach(web.http(), {first, home}, hasty_client(1));
    const Error e = failure([&] {
        reach.repository->manifest(host.operation, digest_of(top), [&](HttpReply reply, bool) {
            resolve_image(host.operation, *reach.repository, std::move(reply), parse_platform("amd64"));
        });
    });
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_EQ(web.count("https://a/"), 0U) << "it is the same everywhere";
}

TEST_F(MirrorsTest, AreNotInspectedNorListedWhereTheyAreOfNoUse) {
    for (const auto &[what, reply] : useless()) {
        if (std::string_view(what).find("platform") != std::string_view::npos)
            continue; // that is a fact, not a failure
        SCOPED_TRACE(what);
        Web web(World{reply});
        Reach reach(web.http(), {first, home}, hasty_client(0));
        reach.script.authorize = [](const Op &, const ferry::Challenge &) -> Credential {
            throw ferry::Error(FERRY_E_UNSUPPORTED, "negotiate");
        };
        if (std::string_view(what).find("child") == std::string_view::npos) {
            EXPECT_EQ(inspect_raw(host.operation, *reach.repository).top_json, manifest("amd64"));
        }
        EXPECT_EQ(inspect_image(host.operation, *reach.repository, parse_platform("amd64"), false)
                      .images.at(0)
                      .manifest.digest,
                  digest_of(manifest("amd64")));
    }
    for (const WebReply &reply :
         {WebReply{200, R"({"errors":[{"code":"DENIED"}]})"}, WebReply{200, "text"}, WebReply{200, ""},
          WebReply{200, "<html>"}, WebReply{401, "", {{"WWW-Authenticate", "Negotiate"}}}}) {
        Web web([&](const WebRequest &request, std::size_t) {
            return request.url.starts_with("https://m") ? reply : WebReply{200, R"({"name":"team/app","tags":["1"]})"};
        });
        Reach reach(web.http(), {first, home}, hasty_client(0));
        const auto tags = list_tags(host.operation, *reach.repository, 0);
        ASSERT_EQ(tags.items.size(), 1U) << reply.body;
        EXPECT_EQ(tags.items[0].name, "1");
    }
}

} // namespace
} // namespace ferry::core
