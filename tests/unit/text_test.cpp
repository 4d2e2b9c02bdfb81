#include <ferry/text.hpp>

#include <gtest/gtest.h>

namespace {

using ferry::say, ferry::Text;

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

} // namespace
