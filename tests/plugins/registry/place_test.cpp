#include "place.h"

#include <gmock/gmock.h>

namespace distribution {
namespace {

struct PlaceCase {
    const char *url;
    const char *expected; // scheme authority host
};

class Places : public testing::TestWithParam<PlaceCase> {};

TEST_P(Places, AreSplit) {
    const Place place = place_of(GetParam().url);
    EXPECT_EQ(place.scheme.empty() ? "" : place.scheme + ' ' + place.authority + ' ' + place.host, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Places,
    testing::Values(PlaceCase{"https://A.example/x?y", "https a.example a.example"},
                    PlaceCase{"HTTP://a:5000", "http a:5000 a"}, PlaceCase{"http://[::1]:5000/", "http [::1]:5000 ::1"},
                    PlaceCase{"https://a?x", "https a a"}, PlaceCase{"ftp://a", ""}, PlaceCase{"https://", ""},
                    PlaceCase{"a.example", ""}, PlaceCase{"https://registry@evil.example/", ""},
                    PlaceCase{"https://evil.example\\@registry/", "https evil.example evil.example"},
                    PlaceCase{"http://[::1", ""}, PlaceCase{"http://a:", ""}, PlaceCase{"http://a:b", ""},
                    PlaceCase{"http://[::1]x", ""}));

TEST(Encoding, LeavesOnlyUnreservedCharactersAlone) {
    EXPECT_EQ(percent_encode("repository:a/b-c_d.e~f:pull,push +&\xC3\xBC"),
              "repository%3Aa%2Fb-c_d.e~f%3Apull%2Cpush%20%2B%26%C3%BC");
}

TEST(Encoding, IsBase64) { // RFC 4648 section 10
    const char *const cases[][2] = {{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"},
                                    {"\xFF\xFE", "//4="}};
    for (const auto &[plain, encoded] : cases) EXPECT_EQ(base64(plain), encoded);
    EXPECT_EQ(base64(std::string(100, 'a')).find('\n'), std::string::npos);
}

TEST(Display, HidesTheQuery) {
    EXPECT_EQ(without_query("https://a/b?sig=secret"), "https://a/b");
    EXPECT_EQ(without_query("https://a/b#x"), "https://a/b");
    EXPECT_EQ(without_query("https://a/b"), "https://a/b");
}

} // namespace
} // namespace distribution
