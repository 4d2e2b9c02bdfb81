#include "place.h"

#include <gmock/gmock.h>

namespace distribution {
namespace {

TEST(Hosts, OfRegistriesHaveNeitherPortNorBrackets) {
    EXPECT_EQ(host_of("Registry.example:5000"), "registry.example");
    EXPECT_EQ(host_of("[::1]:5000"), "::1");
    EXPECT_EQ(host_of("[::1]"), "::1");
    for (const char *text : {"", ":5000", "[::1", "a/b", "user@host"}) EXPECT_EQ(host_of(text), "") << text;
}

TEST(Urls, ThatAreNoneHaveNeitherSchemeNorHost) {
    for (const char *text :
         {"", "a.example", "ftp://a", "https://registry@evil.example/", "https://evil.example\\@registry/"}) {
        EXPECT_EQ(url_of(text).scheme, "") << text;
        EXPECT_EQ(url_of(text).authority(), "") << text;
    }
    EXPECT_EQ(url_of("HTTP://A:5000/x?y").origin(), "http://a:5000");
}

TEST(Display, HidesTheQuery) {
    EXPECT_EQ(without_query("https://a/b?sig=secret"), "https://a/b");
    EXPECT_EQ(without_query("https://a/b#x"), "https://a/b");
    EXPECT_EQ(without_query("https://a/b"), "https://a/b");
}

} // namespace
} // namespace distribution
