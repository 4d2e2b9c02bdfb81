#include <ferry/kit/ascii.hpp>
#include <ferry/kit/base64.hpp>
#include <ferry/kit/percent.hpp>

#include <gmock/gmock.h>

namespace ferry::kit {
namespace {

using testing::ElementsAre, testing::IsEmpty;

TEST(Ascii, LettersAreThoseOfAscii) {
    EXPECT_EQ(lower("AZaz09-\xC3\x84\xFF"), "azaz09-\xC3\x84\xFF");
    for (const char c : std::string_view("azAZ09")) EXPECT_TRUE(is_alphanumeric(c)) << c;
    for (const char c : std::string_view("@[`{/:_\x80\xFF\0", 10)) EXPECT_FALSE(is_alphanumeric(c)) << int(c);
}

TEST(Ascii, TextsBeginAndEnd) {
    EXPECT_TRUE(starts_with("abc", "ab") && starts_with("abc", "") && !starts_with("ab", "abc"));
    EXPECT_TRUE(ends_with("abc", "bc") && ends_with("abc", "") && !ends_with("bc", "abc"));
}

TEST(Ascii, TokensAreThoseOfHttp) {
    EXPECT_TRUE(is_token("X-Ferry!#$%&'*+-.^_`|~9"));
    for (const std::string_view text : {"", "a b", "a:b", "a\"", "\xC3\xBC", "a/b", "a="})
        EXPECT_FALSE(is_token(text)) << text;
}

TEST(Ascii, BlanksAreTrimmedAtBothEndsOnly) {
    EXPECT_EQ(trim(" \ta b\t "), "a b");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim("\na\n"), "\na\n");
    EXPECT_EQ(trim("xaxbx", "x"), "axb");
}

TEST(Lists, KeepTheirEmptyParts) {
    EXPECT_THAT(split("a,b", ","), ElementsAre("a", "b"));
    EXPECT_THAT(split(",a,,b,", ","), ElementsAre("", "a", "", "b", ""));
    EXPECT_THAT(split("", ","), ElementsAre(""));
}

TEST(Lists, OfWordsHaveNoEmptyParts) {
    EXPECT_THAT(words(", a,b ,,c", ", "), ElementsAre("a", "b", "c"));
    EXPECT_THAT(words("", ","), IsEmpty());
    EXPECT_THAT(words(",,", ","), IsEmpty());
}

TEST(Base64, IsThatOfTheRfcInBothDirections) { // RFC 4648 section 10
    const char *const table[][2] = {{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"},
                                    {"\xFF\xFE", "//4="},
                                    {"\xFB\xFF", "+/8="}};
    for (const auto &[plain, encoded] : table) {
        EXPECT_EQ(base64_encode(plain), encoded);
        EXPECT_EQ(base64_decode(encoded), plain);
    }
    EXPECT_EQ(base64_encode(std::string(100, 'a')).find('\n'), std::string::npos);
    EXPECT_EQ(base64_decode("AAEC"), std::string("\0\1\2", 3));
}

TEST(Base64, LinesMayBeBroken) {
    EXPECT_EQ(base64_decode(" Zm9v\r\nYmE\t=\n"), "fooba");
}

TEST(Base64, WhatIsNotBase64DecodesToNothing) {
    for (const char *text : {"Z", "Zg", "Zg=", "Zm9", "=", "====", "Z===", "Zg==Zg==", "Zg=a",
                             "Zm9v=", "Zm9v-_==", "Zm9v!A==", "Zm9vYmE=\xC3\xBC"})
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(Percent, OnlyUnreservedCharactersAndThoseToKeepStandForThemselves) {
    EXPECT_EQ(percent_encode("azAZ09-._~"), "azAZ09-._~");
    EXPECT_EQ(percent_encode("a/b:c@d+e %?#\xC3\xBC"), "a%2Fb%3Ac%40d%2Be%20%25%3F%23%C3%BC");
    EXPECT_EQ(percent_encode("a/b:c", "/"), "a/b%3Ac");
    EXPECT_EQ(percent_encode("sha256:00", ":"), "sha256:00");
    EXPECT_EQ(percent_encode(std::string_view("\0\n", 2)), "%00%0A");
}

TEST(Percent, WhatIsEncodedIsDecodedInAnyCase) {
    EXPECT_EQ(percent_decode("a%2Fb%2fc%20%C3%BC"), "a/b/c \xC3\xBC");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode("a+b"), "a+b");
}

TEST(Percent, ASignThatBeginsNoEscapeStaysAndIsSeen) {
    for (const char *text : {"%", "%2", "100%", "%zz", "%2g", "%%"}) {
        EXPECT_EQ(percent_decode(text), text);
        EXPECT_FALSE(percent_encoded(text)) << text;
    }
    EXPECT_EQ(percent_decode("%%41"), "%A");
    for (const char *text : {"", "abc", "%41%7e"}) EXPECT_TRUE(percent_encoded(text)) << text;
}

} // namespace
} // namespace ferry::kit
