// Where redirects may lead, as tables.
#include "core/http/redirect.h"

#include "core/base/error.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RefuseRedirect, JudgesSchemeEncryptionAndNetwork) {
    const struct {
        const char *origin, *from, *location;
        std::vector<std::string> insecure;
        bool into_private;
        const char *why; // empty: it may
    } table[] = {
        {"https://r.example/", "https://r.example/", "/x", {}, false, ""},
        {"https://r.example/", "https://r.example/", "/x:y", {}, false, ""},
        {"https://r.example/", "https://r.example/", "?x=file:", {}, false, ""},
        {"https://r.example/", "https://r.example/", "https://cdn.example/x", {}, false, ""},
        {"https://r.example/", "https://r.example/", "file:///etc/passwd", {}, false, "kind file:"},
        {"https://r.example/", "https://r.example/", "FILE:/etc/passwd", {}, true, "kind file:"},
        {"http://localhost/", "http://localhost/", "file:///etc/passwd", {"yes"}, true, "kind file:"},
        {"https://r.example/", "https://r.example/", "data:text/plain,x", {}, false, "kind data:"},
        {"https://r.example/", "https://r.example/", "http://r.example/x", {}, false, "not encrypted"},
        {"https://r.example/", "https://r.example/", "http://r.example/x", {"yes"}, false, ""},
        {"https://r.example/", "https://r.example/", "http://r.example/x", {"r.example"}, false, ""},
        {"https://r.example/", "https://r.example/", "http://cdn.example/x", {"r.example"}, false, "not encrypted"},
        {"https://r.example/", "https://r.example/", "https://10.0.0.1/x", {}, false, "private network"},
        {"https://r.example/", "https://r.example/", "https://10.0.0.1/x", {"yes"}, false, "private network"},
        {"https://r.example/", "https://r.example/", "https://10.0.0.1/x", {}, true, ""},
        {"https://r.example/", "https://cdn.example/", "https://[::1]/x", {}, false, "private network"},
        {"https://r.example/", "https://r.example/", "https://localhost:5000/x", {}, false, "private network"},
        {"https://r.example/", "https://r.example/", "//169.254.169.254/latest", {}, false, "private network"},
        {"https://8.8.8.8/", "https://8.8.8.8/", "https://192.168.0.1/x", {}, false, "private network"},
        {"http://10.0.0.1:5000/", "http://10.0.0.1:5000/", "http://10.0.0.2/x", {}, false, ""},
        {"http://localhost:5000/", "http://localhost:5000/", "http://127.0.0.2:9000/x", {}, false, ""},
        {"http://nas:5000/", "http://nas:5000/", "http://192.168.0.9/x", {}, false, ""},
        {"http://nas:5000/", "http://nas:5000/", "https://cdn.example/x", {}, false, ""},
        // The private registry's public helper may lead back.
        {"http://nas:5000/", "http://cdn.example/", "http://192.168.0.9/x", {}, false, ""},
    };
    for (const auto &row : table) {
        RedirectRules rules{parse_insecure(row.insecure), row.into_private};
        const auto refusal = refuse_redirect(Url::parse(row.origin), Url::parse(row.from), row.location, rules);
        EXPECT_EQ(refusal.has_value(), *row.why != 0) << row.location << (refusal ? refusal->why.english() : "");
        if (!refusal) continue;
        EXPECT_THAT(refusal->why.english(), HasSubstr(row.why));
        EXPECT_THAT(refusal->why.english(), Not(HasSubstr("passwd")));
        EXPECT_NE(refusal->remedy.english(), "");
    }
}

TEST(Insecure, IsForAllOrForSomeServers) {
    const struct {
        std::vector<std::string> values;
        const char *url;
        bool insecure;
    } table[] = {
        {{}, "https://a/", false},
        {{"true"}, "https://a/", true},
        {{"yes"}, "https://a/", true},
        {{"no"}, "https://a/", false},
        {{"a.example"}, "https://a.example/", true},
        {{"A.Example"}, "https://a.example:5000/", true},
        {{"a.example:5000"}, "https://a.example:5000/", true},
        {{"a.example:5000"}, "https://a.example/", false},
        {{"a.example:443"}, "https://a.example/", true},
        {{"a.example"}, "https://b.a.example/", false},
        {{"a.example"}, "https://example/", false},
        {{"a.example,b.example", "c.example"}, "https://b.example/", true},
        {{"a.example,b.example", "c.example"}, "https://c.example/", true},
        {{"[::1]:5000"}, "https://[::1]:5000/", true},
        {{"[::1]:5000"}, "https://[::1]/", false},
        {{"::1"}, "https://[::1]:7/", true},
    };
    for (const auto &row : table)
        EXPECT_EQ(parse_insecure(row.values).at(Url::parse(row.url)), row.insecure) << row.url;
    for (const char *text : {"https://a", "a/b", "u@a", "a:x", "a:"})
        EXPECT_THROW(parse_insecure({text}), Error) << text;
}

} // namespace
} // namespace ferry::core
