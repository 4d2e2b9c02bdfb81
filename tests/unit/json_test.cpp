#include "core/base/error.h"
#include "core/base/json.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::HasSubstr;

std::string refusal(const std::function<void()> &body) {
    try {
        body();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::network);
        return e.message.english();
    }
    return "nothing was thrown";
}

std::string parse_refusal(std::string_view text, std::size_t limit = 4 << 20) {
    return refusal([&] { Json::parse(text, "the test", limit); });
}

TEST(Json, GivesMembersAndItems) {
    const Json json = Json::parse(R"({"a":{"b":["x","\u00fc\n",{"n":9007199254740992}]},"z":null})", "doc");
    EXPECT_TRUE(json.is_object());
    EXPECT_THAT(json.entries(), testing::ElementsAre(testing::Key("a"), testing::Key("z")));
    const auto items = json.at("a").at("b").items();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0].string(), "x");
    EXPECT_EQ(items[1].string(), "\xC3\xBC\n");
    EXPECT_EQ(items[2].at("n").size(), 9007199254740992ULL);
}

TEST(Json, TakesNullForAbsent) {
    const Json json = Json::parse(R"({"z":null,"t":"text"})", "doc");
    EXPECT_FALSE(json.has("z"));
    EXPECT_FALSE(json.has("q"));
    EXPECT_FALSE(json.find("z"));
    EXPECT_EQ(json.string("z", "otherwise"), "otherwise");
    EXPECT_EQ(json.string("q"), "");
    EXPECT_EQ(json.string("t", "otherwise"), "text");
}

TEST(Json, MayBeAnArray) {
    const Json json = Json::parse(" [1, 2] ", "doc");
    EXPECT_FALSE(json.is_object());
    EXPECT_EQ(json.items()[1].size(), 2U);
    EXPECT_FALSE(json.has("a"));
}

TEST(Json, NamesWhatIsNotJson) {
    for (const char *text : {"", " ", "{", "}", "{\"a\":}", "{\"a\":1,}", "[1,]", "{'a':1}", "<html>", "{\"a\" 1}",
                             "{\"a\":tru}", "\xEF\xBB\xBF{", "{\"a\":\"x}", "[1 2]", "{\"a\":01}", "{\"a\":\"\\q\"}"})
        EXPECT_THAT(parse_refusal(text), HasSubstr("the test is not JSON")) << text;
    for (const char *text : {"1", "\"text\"", "null", "true"})
        EXPECT_THAT(parse_refusal(text), HasSubstr("the test is not")) << text;
}

TEST(Json, RefusesBytesBehindTheDocument) {
    for (const char *text : {"{}x", "{} {}", "[][]", "{}]", "{},", "{}\n\"a\""})
        EXPECT_THAT(parse_refusal(text), HasSubstr("the test is not JSON")) << text;
}

TEST(Json, IsBoundedInSize) {
    const std::string text = "[\"" + std::string(96, 'x') + "\"]";
    ASSERT_EQ(text.size(), 100U);
    EXPECT_NO_THROW(Json::parse(text, "doc", 100));
    EXPECT_THAT(parse_refusal(text, 99), HasSubstr("the test is longer than 99 bytes"));
}

TEST(Json, IsBoundedInValues) {
    std::string text = "[";
    for (int i = 0; i < 1'000'000; ++i) text += "1,";
    text.back() = ']';
    EXPECT_THAT(parse_refusal(text), HasSubstr("the test is too much to read: it holds more than 1000000 values"));
    text.erase(1, 2);
    EXPECT_EQ(Json::parse(text, "the test").items().size(), 999'999U);
}

TEST(Json, IsBoundedInDepth) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_NO_THROW(Json::parse(nested(10'000), "doc"));
    EXPECT_THAT(parse_refusal(nested(10'001)), HasSubstr("the test is not JSON"));
    EXPECT_THAT(parse_refusal(nested(1000000)), HasSubstr("the test is not JSON"));
    EXPECT_THAT(parse_refusal(std::string(1000000, '[')), HasSubstr("the test is not JSON"));
}

TEST(Json, MayHoldAnEscapedNulAndNoOther) {
    const Json json = Json::parse(R"({"a\u0000b":"x\u0000y","a":"other"})", "doc");
    EXPECT_EQ(json.at("a").string(), "other");
    EXPECT_EQ(json.entry(std::string_view("a\0b", 3))->string(), std::string("x\0y", 3));
    for (const std::string &text : {std::string("{\"a\":1}\0", 8), std::string("{\"a\":\"\0\"}", 9)})
        EXPECT_THAT(parse_refusal(text), HasSubstr("the test is not JSON")) << text;
}

TEST(Json, BlamesThePartyThatTheCallerNames) {
    for (const char *text : {"{", "1", R"({"a":1})"}) {
        try {
            Json::parse(text, "doc", 100, Kind::integrity).at("b");
            ADD_FAILURE() << text;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::integrity) << text;
        }
    }
}

TEST(Json, TellsNamesThatAreDataFromNamesOfFields) {
    const Json json = Json::parse(R"({"auths":{"B":1,"b":2,"a":null,"B":3}})", "doc");
    const auto entries = json.at("AUTHS").entries();
    EXPECT_THAT(entries, testing::ElementsAre(testing::Key("B"), testing::Key("a"), testing::Key("b")));
    EXPECT_EQ(entries.at("B").size(), 3U);
    EXPECT_EQ(entries.at("b").path(), "doc.auths.b");
    EXPECT_TRUE(entries.at("a").is_null());
    EXPECT_FALSE(json.at("auths").entry("A"));
    EXPECT_FALSE(json.at("auths").entry("a")) << "null is like absent";
    EXPECT_THAT(refusal([&] { json.list("auths"); }), HasSubstr("doc.auths is not an array"));
    EXPECT_TRUE(json.list("absent").empty());
}

TEST(Json, MayHoldABackslashBeforeTheLettersU0000) {
    const Json json = Json::parse(R"({"a":"grep '\\u0000'"})", "doc");
    EXPECT_EQ(json.at("a").string(), "grep '\\u0000'");
}

TEST(Json, NamesThePathOfWhatIsMissing) {
    const Json json = Json::parse(R"({"layers":[{"size":1},{"digest":7}]})", "manifest");
    EXPECT_THAT(refusal([&] { json.at("config"); }), HasSubstr("manifest has no \"config\""));
    EXPECT_THAT(refusal([&] { json.at("layers").items()[0].at("digest"); }),
                HasSubstr("manifest.layers[0] has no \"digest\""));
    EXPECT_THAT(refusal([&] { json.at("layers").items()[1].at("digest").string(); }),
                HasSubstr("manifest.layers[1].digest is not a text"));
    EXPECT_THAT(refusal([&] { json.at("layers").at("x"); }), HasSubstr("manifest.layers is not an object"));
    EXPECT_THAT(refusal([&] { json.items(); }), HasSubstr("manifest is not an array"));
    EXPECT_THAT(refusal([&] { json.at("layers").entries(); }), HasSubstr("manifest.layers is not an object"));
    EXPECT_THAT(refusal([&] { json.string("layers"); }), HasSubstr("manifest.layers is not a text"));
}

TEST(Json, NumbersAreExactOrAnError) {
    EXPECT_EQ(Json::parse("[0]", "doc").items()[0].size(), 0U);
    for (const char *number :
         {"-1", "1.0", "1.5", "1e3", "9007199254740993", "9223372036854775807", "9223372036854775808",
          "18446744073709551615", "18446744073709551616", "true", "\"1\"", "null", "{}", "[]"}) {
        const std::string text = std::string("{\"size\":") + number + "}";
        EXPECT_THAT(refusal([&] { Json::parse(text, "doc").at("size").size(); }), HasSubstr("doc")) << number;
    }
    const std::string endless = "{\"size\":1" + std::string(400, '0') + "}";
    EXPECT_THAT(refusal([&] { Json::parse(endless, "doc").at("size").size(); }), HasSubstr("doc"));
}

} // namespace
} // namespace ferry::core
