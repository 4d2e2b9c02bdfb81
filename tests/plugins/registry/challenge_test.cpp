#include "challenge.h"

#include <gmock/gmock.h>

namespace distribution {
namespace {

std::string text_of(const std::vector<AuthChallenge> &challenges) {
    std::string out;
    for (const AuthChallenge &one : challenges) {
        out += (out.empty() ? "" : "; ") + one.scheme;
        for (const auto &[name, value] : one.parameters) out += " " + name + "=[" + value + "]";
    }
    return out;
}

struct Parsed {
    std::vector<std::string> fields;
    std::string expected;
};

class Challenges : public testing::TestWithParam<Parsed> {};

TEST_P(Challenges, AreParsed) {
    EXPECT_EQ(text_of(parse_challenges(GetParam().fields)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    SeveralChallenges, Challenges,
    testing::Values(Parsed{{"Negotiate", "Basic realm=\"x\""}, "negotiate; basic realm=[x]"},
                    Parsed{{"Negotiate, Basic realm=\"x\""}, "negotiate; basic realm=[x]"},
                    Parsed{{"Basic realm=\"a\", Bearer realm=\"b\",service=\"c\""},
                           "basic realm=[a]; bearer realm=[b] service=[c]"},
                    Parsed{{"Negotiate oYG2MIGz==, Basic realm=x"}, "negotiate; basic realm=[x]"},
                    Parsed{{"NTLM TlRMTVNT/+aA"}, "ntlm"},
                    Parsed{{"Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\""},
                           "newauth realm=[apps] type=[1] title=[Login to \"apps\"]; basic realm=[simple]"}));

INSTANTIATE_TEST_SUITE_P(
    OddForms, Challenges,
    testing::Values(Parsed{{"Bearer realm=https://a.example/token?x=y,service=reg"},
                           "bearer realm=[https://a.example/token?x=y] service=[reg]"},
                    Parsed{{"BEARER REALM=\"r\",SERVICE=\"S\""}, "bearer realm=[r] service=[S]"},
                    Parsed{{"  Bearer   realm = \"r\" ,\tservice\t=\ts  "}, "bearer realm=[r] service=[s]"},
                    Parsed{{"Bearer realm=\"a\\\"b\\\\c\""}, "bearer realm=[a\"b\\c]"},
                    Parsed{{"Bearer realm=\"r\",scope=\"repository:a:pull,push\""},
                           "bearer realm=[r] scope=[repository:a:pull,push]"},
                    Parsed{{"Bearer realm=\"r\" service=\"s\""}, "bearer realm=[r] service=[s]"},
                    Parsed{{",, ,Bearer realm=r,,"}, "bearer realm=[r]"},
                    Parsed{{"Bearer realm=\"open"}, "bearer realm=[open]"},
                    Parsed{{"Bearer realm=\"\""}, "bearer realm=[]"}, Parsed{{"Bearer"}, "bearer"}, Parsed{{""}, ""},
                    Parsed{{"realm=\"nobody's\""}, ""},
                    Parsed{{"\"quoted, garbage\", Basic realm=x"}, "basic realm=[x]"},
                    Parsed{{"@@@@, Basic realm=x"}, "basic realm=[x]"}, Parsed{{"Bearer realm="}, "bearer"},
                    Parsed{{"Bearer realm=\"x\\"}, "bearer realm=[x\\]"}));

TEST(Choice, PrefersBearerOverBasicInAnyOrder) {
    const auto both = parse_challenges({"Basic realm=\"x\"", "Bearer realm=\"y\""});
    ASSERT_NE(choose(both), nullptr);
    EXPECT_EQ(choose(both)->scheme, "bearer");
}

TEST(Choice, FallsBackToBasicForABearerWithoutRealm) {
    const auto both = parse_challenges({"Bearer service=\"x\", Basic realm=\"y\""});
    ASSERT_NE(choose(both), nullptr);
    EXPECT_EQ(choose(both)->scheme, "basic");
}

TEST(Choice, IsNothingForUnknownSchemes) {
    EXPECT_EQ(choose(parse_challenges({"Negotiate, Digest realm=x"})), nullptr);
    EXPECT_EQ(choose({}), nullptr);
}

} // namespace
} // namespace distribution
