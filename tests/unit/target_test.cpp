// Paths of requests, and the patterns of routes.
#include "cli/serve/exchange.h"
#include "cli/serve/target.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Target, IsAPathAndAQueryWithoutPercentEncoding) {
    const Target target = parse_target("/v2/a%2Fb/tags/list?n=5&last=x%20y&ns&n=6");
    EXPECT_EQ(target.path, "/v2/a/b/tags/list");
    EXPECT_THAT(target.query, ElementsAre(Pair("last", "x y"), Pair("n", "5"), Pair("ns", "")));
    EXPECT_EQ(parse_target("/v2/?").path, "/v2/");
}

TEST(Target, MayNameTheServerAsForAProxy) {
    EXPECT_EQ(parse_target("http://host:5000/v2/").path, "/v2/");
    EXPECT_EQ(parse_target("HTTPS://host").path, "/");
}

TEST(Target, IsRefusedWhereItsEncodingIsBroken) {
    for (const char *text : {"/%", "/%4", "/%4g", "/%g4", "/a?%", "/a?b=%2"}) EXPECT_THROW(parse_target(text), Refusal);
}

TEST(Route, TakesTheNameAndTheReferenceOfAPath) {
    const struct {
        const char *pattern, *path;
        bool matches;
        const char *name, *reference;
    } table[] = {
        {"/v2/", "/v2/", true, "", ""},
        {"/v2/", "/v2", false, "", ""},
        {"/v2/", "/v2/x", false, "", ""},
        {"/v2/<name>/tags/list", "/v2/debian/tags/list", true, "debian", ""},
        {"/v2/<name>/tags/list", "/v2/a/b/c/tags/list", true, "a/b/c", ""},
        {"/v2/<name>/tags/list", "/v2/tags/list", false, "", ""},
        {"/v2/<name>/tags/list", "/v2//tags/list", true, "", ""}, // valid_repository() refuses it
        {"/v2/<name>/tags/list", "/v2/a/tags/lists", false, "", ""},
        {"/v2/<name>/manifests/<reference>", "/v2/a/manifests/1.0", true, "a", "1.0"},
        {"/v2/<name>/manifests/<reference>", "/v2/a/manifests/manifests/x", true, "a/manifests", "x"},
        {"/v2/<name>/manifests/<reference>", "/v2/a/manifests/", true, "a", ""},
        {"/v2/<name>/manifests/<reference>", "/v2/a/manifests", false, "", ""},
        {"/v2/<name>/manifests/<reference>", "/v2/a/blobs/x", false, "", ""},
        {"/v2/<name>/manifests/<reference>", "/v3/a/manifests/x", false, "", ""},
        {"/v2/<name>/manifests/<reference>", "", false, "", ""},
    };
    for (const auto &[pattern, path, matches, name, reference] : table) {
        const auto parts = match_path(pattern, path);
        ASSERT_EQ(parts.has_value(), matches) << pattern << " " << path;
        if (!parts) continue;
        EXPECT_EQ(parts->name, name) << path;
        EXPECT_EQ(parts->reference, reference) << path;
    }
}

} // namespace
} // namespace ferry::cli
