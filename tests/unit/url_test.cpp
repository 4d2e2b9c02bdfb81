#include "core/base/error.h"
#include "core/base/url.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::HasSubstr;
using testing::Not;

struct UrlCase {
    const char *text;
    const char *expected; // scheme host port target
};

void PrintTo(const UrlCase &one, std::ostream *out) {
    *out << one.text;
}

class Urls : public testing::TestWithParam<UrlCase> {};

TEST_P(Urls, AreSplitVerbatim) {
    const Url url = Url::parse(GetParam().text);
    EXPECT_EQ(url.scheme + ' ' + url.host + ' ' + std::to_string(url.port) + ' ' + url.target, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Urls,
    testing::Values(
        UrlCase{"https://a.example/x", "https a.example 443 /x"},
        UrlCase{"HTTPS://A.Example/X", "https a.example 443 /X"}, UrlCase{"http://a", "http a 80 /"},
        UrlCase{"http://a/", "http a 80 /"}, UrlCase{"http://a:8080/x", "http a 8080 /x"},
        UrlCase{"http://a:/x", "http a 80 /x"}, UrlCase{"https://a:80/x", "https a 80 /x"},
        UrlCase{"http://a:65535/", "http a 65535 /"}, UrlCase{"http://[::1]:5000/v2/", "http ::1 5000 /v2/"},
        UrlCase{"http://[FE80::1]/", "http fe80::1 80 /"}, UrlCase{"https://a?sig=1", "https a 443 /?sig=1"},
        UrlCase{"https://a/x#part", "https a 443 /x"}, UrlCase{"https://a#x", "https a 443 /"},
        UrlCase{"https://a/b%2Fc?sig=a%2Fb%3D&x=+%20", "https a 443 /b%2Fc?sig=a%2Fb%3D&x=+%20"},
        UrlCase{"https://a/../b/./c//d", "https a 443 /../b/./c//d"}, UrlCase{"https://a/x@y:z", "https a 443 /x@y:z"},
        UrlCase{"https://a/?u=https://b:1/", "https a 443 /?u=https://b:1/"}));

TEST(Url, RefusesWhatIsNotAbsoluteHttp) {
    const std::string long_host = "https://" + std::string(256, 'a') + "/";
    for (const char *text : {"",
                             "a",
                             "/v2/",
                             "//a/x",
                             "a.example/x",
                             "ftp://a/x",
                             "file:///etc/passwd",
                             "https:/a",
                             "https:a",
                             "://a",
                             "https://",
                             "https:///x",
                             "https://:443/",
                             "http://a:b/",
                             "http://a:0/",
                             "http://a:65536/",
                             "http://a:123456/",
                             "http://a:-1/",
                             "http://a:8 0/",
                             "http://[::1",
                             "http://[::1]x",
                             "http://[::1]:x/",
                             "https://a b/",
                             "https://a/x y",
                             "https://a/x\r\nHost: b",
                             "https://a/\x7f",
                             "https://a/\t",
                             "https://a$b/",
                             "https://a,b/",
                             "https://a%20b/",
                             "https://a\"b/x",
                             "https://\xc3\xa4/",
                             "https://a\\b/",
                             "https://[::1/]",
                             "https://[a b]/",
                             "https://[::1$]/",
                             long_host.c_str()}) {
        try {
            Url::parse(text);
            ADD_FAILURE() << text;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::network) << text;
        }
    }
}

TEST(Url, RefusesUserInformationWithoutRepeatingIt) {
    for (const char *text : {"https://user:hunter2@a/x", "https://user@a/", "https://hunter2:@a", "https://a:80@b/"}) {
        try {
            Url::parse(text);
            ADD_FAILURE() << text;
        } catch (const Error &e) {
            EXPECT_THAT(e.message.english(), Not(HasSubstr("hunter2")));
            EXPECT_THAT(e.message.english(), HasSubstr("user information"));
        }
    }
}

TEST(Url, LeavesTheDefaultPortOut) {
    EXPECT_EQ(Url::parse("https://a:443/x").str(), "https://a/x");
    EXPECT_EQ(Url::parse("http://a:80/x").str(), "http://a/x");
    EXPECT_EQ(Url::parse("http://a:443/x").str(), "http://a:443/x");
    EXPECT_EQ(Url::parse("http://[::1]:5000/x").authority(), "[::1]:5000");
}

TEST(Url, HasTheOriginOfSchemeHostAndPort) {
    const Url url = Url::parse("https://a/x");
    EXPECT_TRUE(url.same_origin(Url::parse("https://A:443/y")));
    for (const char *other : {"http://a/x", "https://b/x", "https://a:444/x", "https://a.b/x", "http://a:443/x"})
        EXPECT_FALSE(url.same_origin(Url::parse(other))) << other;
}

struct LocationCase {
    const char *base;
    const char *location;
    const char *expected;
};

void PrintTo(const LocationCase &one, std::ostream *out) {
    *out << one.base << " + " << one.location;
}

class Locations : public testing::TestWithParam<LocationCase> {};

TEST_P(Locations, AreResolvedAgainstTheirBase) {
    const auto &[base, location, expected] = GetParam();
    EXPECT_EQ(resolve_location(Url::parse(base), location).str(), expected) << location;
}

INSTANTIATE_TEST_SUITE_P(Table, Locations,
                         testing::Values(LocationCase{"https://a/v2/x?q", "https://b:444/y", "https://b:444/y"},
                                         LocationCase{"https://a/v2/x", "HTTP://B/y", "http://b/y"},
                                         LocationCase{"https://a:5000/v2/x", "//b/y?z", "https://b/y?z"},
                                         LocationCase{"http://a/v2/x", "//b:1", "http://b:1/"},
                                         LocationCase{"https://a:5000/v2/x?q", "/y", "https://a:5000/y"},
                                         LocationCase{"https://a/v2/x?q", "y", "https://a/v2/y"},
                                         LocationCase{"https://a/v2/x/?q=/z", "y", "https://a/v2/x/y"},
                                         LocationCase{"https://a/v2/x?q", "?r=1", "https://a/v2/x?r=1"},
                                         LocationCase{"https://a", "y", "https://a/y"},
                                         LocationCase{"https://a/v2/x", "../y", "https://a/v2/../y"},
                                         LocationCase{"https://a/v2/x", "./y:z/w", "https://a/v2/./y:z/w"},
                                         LocationCase{"https://a/v2/x", "/y%2Fz?sig=a%2Bb%3D#part",
                                                      "https://a/y%2Fz?sig=a%2Bb%3D"},
                                         LocationCase{"http://[::1]:5000/x", "/y", "http://[::1]:5000/y"},
                                         LocationCase{"https://a/v2/x?q", "#part", "https://a/v2/x?q"}));

TEST(Location, ThatLeadsNowhereIsAnError) {
    const Url base = Url::parse("https://a/x");
    for (const char *location :
         {"", "ftp://b/", "javascript:alert(1)", "y:z/w", "https://user:hunter2@b/", "//", "/x y", "https://"})
        EXPECT_THROW(resolve_location(base, location), Error) << location;
}

TEST(RedactUrl, DropsUserInformationAndQuery) {
    const char *const table[][2] = {{"https://a/x", "https://a/x"},
                                    {"https://a/x?X-Amz-Signature=secret", "https://a/x?..."},
                                    {"https://a?secret", "https://a?..."},
                                    {"https://user:secret@a/x", "https://a/x"},
                                    {"https://secret@a", "https://a"},
                                    {"https://user:secret@with@a/x", "https://a/x"},
                                    {"https://user:secret@a/x@y?secret#secret", "https://a/x@y?..."},
                                    {"https://a/x#secret", "https://a/x"},
                                    {"https://a/x@y", "https://a/x@y"},
                                    {"https://user:sec/ret@a/x", "https://a/x"},
                                    {"https://user:sec?ret@a/x", "https://a/x"},
                                    {"https://a:5000/x@y", "https://a:5000/x@y"},
                                    {"https://[::1]/x@y", "https://[::1]/x@y"},
                                    {"user:secret@a:5000/x", "a:5000/x"},
                                    {"a:5000/x", "a:5000/x"},
                                    {"a", "a"},
                                    {"", ""}};
    for (const auto &[text, expected] : table) EXPECT_EQ(redact_url(text), expected) << text;
    EXPECT_EQ(redact_url("https://a/\x1b[2J\x7f\n"), "https://a/?[2J? ");
    EXPECT_EQ(redact_url(std::string(298, 'x') + "\xe4\xb8\xad" + std::string(99, 'x')), std::string(298, 'x') + "...");
    EXPECT_EQ(redact_url(std::string(1 << 20, 'x')).size(), 303U);
}

} // namespace
} // namespace ferry::core
