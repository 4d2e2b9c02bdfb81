#include "go_json.h"

#include <ferry/kit/json.hpp>

#include <gmock/gmock.h>

namespace packer {
namespace {

using namespace std::string_literals;
using ferry::kit::Json, ferry::kit::JsonError, ferry::kit::JsonEscapes, ferry::kit::JsonWriter;

struct Pair {
    std::string in;
    std::string out;
};

class GoString : public testing::TestWithParam<Pair> {};

TEST_P(GoString, IsWrittenAsGoDoes) {
    EXPECT_EQ(GoWriter().string(GetParam().in).text(), '"' + GetParam().out + '"');
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoString,
    testing::Values(Pair{"", ""}, Pair{"a b/c", "a b/c"}, Pair{"\"\\", R"(\"\\)"},
                    Pair{"<&>'", R"(\u003c\u0026\u003e')"}, Pair{"\n\r\t", R"(\n\r\t)"},
                    Pair{"\b\f\x01\x1f\x7f", "\\u0008\\u000c\\u0001\\u001f\x7f"}, Pair{"\0"s, R"(\u0000)"},
                    Pair{"\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA", "\\u2028\\u2029\xE2\x80\xAA"},
                    Pair{"\xC3\xBC\xF0\x9F\x98\x80", "\xC3\xBC\xF0\x9F\x98\x80"}, Pair{"a\xFF", "a\\ufffd"},
                    Pair{"\xC0\xAF", R"(\ufffd\ufffd)"}, Pair{"\xED\xA0\x80", R"(\ufffd\ufffd\ufffd)"},
                    Pair{"\xF4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"}, Pair{"\xE2\x82", R"(\ufffd\ufffd)"}));

class GoTime : public testing::TestWithParam<Pair> {};

TEST_P(GoTime, IsWrittenAsGoDoes) {
    EXPECT_EQ(go_time(GetParam().in).value_or("refused"), GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoTime,
    testing::Values(Pair{"2023-05-01T12:30:00Z", "2023-05-01T12:30:00Z"},
                    Pair{"2023-05-01T12:30:00.120000Z", "2023-05-01T12:30:00.12Z"},
                    Pair{"2023-05-01T12:30:00.000Z", "2023-05-01T12:30:00Z"},
                    Pair{"2023-05-01T12:30:00.1234567899Z", "2023-05-01T12:30:00.123456789Z"},
                    Pair{"2023-05-01T12:30:00,5Z", "2023-05-01T12:30:00.5Z"},
                    Pair{"2023-05-01T12:30:00+00:00", "2023-05-01T12:30:00Z"},
                    Pair{"2023-05-01T12:30:00-00:00", "2023-05-01T12:30:00Z"},
                    Pair{"2023-05-01T12:30:00.50-03:30", "2023-05-01T12:30:00.5-03:30"},
                    Pair{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"}, Pair{"2023-02-29T00:00:00Z", "refused"},
                    Pair{"1900-02-29T00:00:00Z", "refused"}, Pair{"2023-13-01T00:00:00Z", "refused"},
                    Pair{"2023-00-01T00:00:00Z", "refused"}, Pair{"2023-01-01T24:00:00Z", "refused"},
                    Pair{"2023-01-01T00:00:60Z", "refused"}, Pair{"2023-01-01 00:00:00Z", "refused"},
                    Pair{"2023-01-01T00:00:00", "refused"}, Pair{"2023-01-01T00:00:00.Z", "refused"},
                    Pair{"2023-01-01T00:00:00+0100", "refused"}, Pair{"2023-01-01T00:00:00?01:00", "refused"},
                    Pair{"2023-01-01", "refused"}, Pair{"", "refused"}, Pair{"2023-01-01T00:00:00ZZ", "refused"}));

class Rewritten : public testing::TestWithParam<Pair> {};

TEST_P(Rewritten, ReadsAndWritesTheSameDocument) {
    EXPECT_EQ(JsonWriter(JsonEscapes::html).value(Json::parse(GetParam().in)).text(), GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rewritten,
    testing::Values(Pair{" { \"b\" : [ 1 , -2.50e+3 , true , false , null ] , \"a\" : { } , \"b\" : [ ] } ",
                         R"({"b":[1,-2.50e+3,true,false,null],"a":{},"b":[]})"},
                    Pair{"18446744073709551616", "18446744073709551616"}, Pair{"1e999", "1e999"}, Pair{"-0", "-0"},
                    Pair{R"("\u00fc\/\ud83d\ude00")", "\"\xC3\xBC/\xF0\x9F\x98\x80\""},
                    Pair{R"("\ud83d\u0041\udc00\ud83d")", "\"\xEF\xBF\xBD"
                                                          "A\xEF\xBF\xBD\xEF\xBF\xBD\""},
                    Pair{"\"\xFF\"", "\"\xEF\xBF\xBD\""},
                    Pair{R"({"a\u0000b":"\u0000"})", R"({"a\u0000b":"\u0000"})"}));

class Broken : public testing::TestWithParam<std::string> {};

TEST_P(Broken, IsRefused) {
    EXPECT_THROW(Json::parse(GetParam()), JsonError);
}

INSTANTIATE_TEST_SUITE_P(Table, Broken,
                         testing::Values("", " ", "{", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
                                         "01", "-", "1.", "1e", ".5", "+1", "tru", "nul", "\"", "\"\\", "\"\\x\"",
                                         "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "1 2", "\xEF\xBB\xBF{}", "NaN", "'a'",
                                         "\"\0"s, std::string(300, '['), "\"\\u-001\""));

TEST(Json, FindsTheLastOfRepeatedMembers) {
    const Json document = Json::parse(R"({"a":1,"b":2,"a":3})");
    ASSERT_TRUE(document.find("a"));
    EXPECT_EQ(document.find("a")->integer(), 3);
    EXPECT_EQ(document.find("c"), std::nullopt);
    EXPECT_TRUE(document.items().empty());
}

TEST(Json, ReadsOnlyWholeNumbersInRange) {
    EXPECT_EQ(Json::parse("-9223372036854775808").integer(), INT64_MIN);
    EXPECT_EQ(Json::parse("9223372036854775808").integer(), std::nullopt);
    EXPECT_EQ(Json::parse("1.0").integer(), std::nullopt);
    EXPECT_EQ(Json::parse("1e3").integer(), std::nullopt);
    EXPECT_EQ(Json::parse("\"1\"").integer(), std::nullopt);
}

} // namespace
} // namespace packer
