#include <ferry/text.hpp>

#include <gtest/gtest.h>

namespace {

using ferry::say, ferry::say_n, ferry::Text;

std::string fill_in(const char *format, std::vector<Text> arguments) {
    return Text::of(format, std::move(arguments)).english();
}

TEST(Text, PlaceholdersAreFilledInOrderOrByNumber) {
    EXPECT_EQ(say("cannot read {}: {} bytes", "a.tar", 12).english(), "cannot read a.tar: 12 bytes");
    EXPECT_EQ(fill_in("{2} before {1}", {"a", "b"}), "b before a");
}

TEST(Text, WhatIsFilledInIsNotReadAgain) {
    EXPECT_EQ(fill_in("{} {}", {"{2}", "b"}), "{2} b");
}

TEST(Text, DoubledBracesAreBraces) {
    EXPECT_EQ(fill_in("{{{}}} {{}}", {"x"}), "{x} {}");
}

TEST(Text, ABadFormatIsShownAsItStands) {
    EXPECT_EQ(fill_in("{} {} {9} {0} { {a} }", {"x"}), "x {} {9} {0} { {a} }");
    EXPECT_EQ(fill_in("{", {}), "{");
    EXPECT_EQ(fill_in("{1", {"x"}), "{1");
}

// Words in capitals, and a plural of three forms.
class Shouting final : public ferry::Translator {
public:
    std::string_view find(std::string_view english) const noexcept override {
        if (english == "cannot read {}: {}") return "{2}: CANNOT READ {1}";
        return english == "gone" ? "GONE" : "";
    }
    std::string_view find(std::string_view one, std::string_view, std::uint64_t count) const noexcept override {
        if (one != "{} layer of {}") return {};
        return count == 1 ? "ONE OF {2}" : count == 2 ? "TWO OF {2}" : "{1} OF {2}";
    }
    std::string_view advice(std::string_view id) const noexcept override { return id == "mend" ? "MEND {}" : ""; }
};

TEST(Text, IsRenderedByWhoeverShowsIt) {
    const Text text = say("cannot read {}: {}", "a.tar", say("gone"));
    EXPECT_EQ(text.english(), "cannot read a.tar: gone");
    EXPECT_EQ(text.in(Shouting()), "GONE: CANNOT READ a.tar");
    EXPECT_EQ(text.in(nullptr), "cannot read a.tar: gone");
}

TEST(Text, WithoutATranslationStaysEnglish) {
    EXPECT_EQ(say("{} is new", say("gone")).in(Shouting()), "GONE is new");
}

TEST(Text, VerbatimIsNeverTranslated) {
    EXPECT_EQ(Text::verbatim("gone").in(Shouting()), "gone");
    EXPECT_EQ(Text("{} gone").in(Shouting()), "{} gone");
    EXPECT_TRUE(Text::verbatim("").empty());
    EXPECT_TRUE(Text().empty());
    EXPECT_EQ(Text().english(), "");
}

TEST(Text, OfACountHasTheFormThatTheLanguageNeeds) {
    const auto layers = [](std::uint64_t n) { return say_n("{} layer of {}", "{} layers of {}", n, "an image"); };
    EXPECT_EQ(layers(0).english(), "0 layers of an image");
    EXPECT_EQ(layers(1).english(), "1 layer of an image");
    EXPECT_EQ(layers(2).english(), "2 layers of an image");
    EXPECT_EQ(layers(1).in(Shouting()), "ONE OF an image");
    EXPECT_EQ(layers(2).in(Shouting()), "TWO OF an image");
    EXPECT_EQ(layers(5).in(Shouting()), "5 OF an image");
    EXPECT_EQ(say_n("{} bit", "{} bits", 2).in(Shouting()), "2 bits");
}

TEST(Text, OfAdviceIsWordedByTheFrontEnd) {
    const Text text = say("{}; {}", Text::advice("mend", "repair {}", {"it"}), Text::advice("other", "wait"));
    EXPECT_EQ(text.english(), "repair it; wait");
    EXPECT_EQ(text.in(Shouting()), "MEND it; wait");
}

TEST(Text, IsJoinedPieceByPiece) {
    Text text = "ferry: " + say("gone");
    EXPECT_EQ(text.in(Shouting()), "ferry: GONE");
    text += Text();
    text += "!";
    EXPECT_EQ(text.in(Shouting()), "ferry: GONE!");
    EXPECT_TRUE(text.mentions("gone"));
}

TEST(Text, IsNoStringByAccident) {
    static_assert(!std::is_convertible_v<Text, std::string>);
    static_assert(!std::is_convertible_v<Text, std::string_view>);
    static_assert(std::is_nothrow_copy_constructible_v<Text>);
}

} // namespace
