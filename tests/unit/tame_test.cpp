// What is done to the text of others before anybody sees it.
#include "core/base/tame.h"

#include <ferry/utf8.hpp>

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

std::string utf8(char32_t code) {
    std::string out;
    ferry::append_utf8(out, code);
    return out;
}

std::string around(const std::string &what) {
    return "a" + what + "b";
}

TEST(Tame, EveryControlCharacterOfC0AndC1AndDelBecomesOnePlainCharacter) {
    const std::u32string blanks = U"\t\n\v\f\r\x85";
    for (char32_t c = 0; c <= 0x9F; ++c) {
        if (c >= 0x20 && c < 0x7F) continue;
        const bool blank = blanks.find(c) != blanks.npos;
        EXPECT_EQ(tame(around(utf8(c))), around(blank ? " " : "?")) << "U+" << std::hex << unsigned(c);
    }
}

TEST(Tame, EveryCharacterThatDirectsTheOrderOfLettersBecomesAQuestionMark) {
    for (const char32_t c : {0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068,
                             0x2069, 0x206A, 0x206B, 0x206C, 0x206D, 0x206E, 0x206F})
        EXPECT_EQ(tame(around(utf8(c))), "a?b") << "U+" << std::hex << unsigned(c);
    for (const char32_t c : {0x2028, 0x2029})
        EXPECT_EQ(tame(around(utf8(c))), "a b") << "U+" << std::hex << unsigned(c);
}

TEST(Tame, TextsOfAllLanguagesStayAsTheyAre) {
    for (const char *text : {"", "plain ~!@#$%^&*()_+ text", "摆渡 容器镜像。", "Grüße, naïve café", "العربية", "עברית",
                             "😀👩‍💻", "e\xCC\x81"})
        EXPECT_EQ(tame(text), text);
    for (const char32_t c :
         {0x20, 0x7E, 0xA0, 0xFF, 0x200B, 0x200D, 0x2010, 0x2030, 0x2065, 0xFEFF, 0xFFFD, 0x10000, 0x10FFFF})
        EXPECT_EQ(tame(utf8(c)), utf8(c)) << "U+" << std::hex << unsigned(c);
}

TEST(Tame, BytesThatAreNotUtf8BecomeAQuestionMarkEach) {
    const struct {
        std::string bytes, shown;
    } table[] = {{"\x80", "?"},                // a continuation alone
                 {"\xBF\xBF", "??"},           //
                 {"\xC0\xAF", "??"},           // longer than it must be: a slash
                 {"\xC1\xBF", "??"},           //
                 {"\xE0\x80\x9B", "???"},      // the same of an escape
                 {"\xF0\x80\x80\x9B", "????"}, //
                 {"\xED\xA0\x80", "???"},      // a surrogate
                 {"\xED\xBF\xBF", "???"},      //
                 {"\xF4\x90\x80\x80", "????"}, // beyond U+10FFFF
                 {"\xF5\x80\x80\x80", "????"}, //
                 {"\xFE\xFF", "??"},           //
                 {"\xC3", "?"},                // cut off
                 {"\xE6\x91", "??"},           //
                 {"\xF0\x9F\x98", "???"},      //
                 {"\xC3"
                  "a",
                  "?a"},                   // the next character is not swallowed
                 {"\xE6\x1B[2J", "??[2J"}, //
                 {"caf\xE9", "caf?"},      // Latin-1
                 {std::string("\0x", 2), "?x"}};
    for (const auto &[bytes, shown] : table) EXPECT_EQ(tame(bytes), shown);
}

TEST(Tame, AForgedLineStaysWithinItsOwn) {
    EXPECT_EQ(tame("no\nferry: error: all is lost\r\x1B[1Aferry: done"),
              "no ferry: error: all is lost ?[1Aferry: done");
    EXPECT_EQ(tame("a\x1B[2J\x1B]0;title\x07"), "a?[2J?]0;title?");
    EXPECT_EQ(tame("x\xC2\x9B"
                   "31m"),
              "x?31m"); // CSI of one character
}

TEST(Tame, ChangesNothingTheSecondTime) {
    std::string all;
    for (char32_t c = 0; c < 0x3000; ++c) all += utf8(c);
    for (int byte = 0x80; byte < 0x100; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(tame(tame(all)), tame(all));
}

TEST(FirstCharacter, ReadsBackWhatIsAppended) {
    for (const char32_t c : {0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF}) {
        const std::string bytes = utf8(c);
        const Character read = first_character(bytes + "x");
        EXPECT_EQ(read.code, char32_t(c));
        EXPECT_EQ(read.size, bytes.size());
        EXPECT_TRUE(read.valid);
    }
}

} // namespace
} // namespace ferry::core
