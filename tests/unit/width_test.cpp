#include "cli/show/width.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

using testing::ElementsAre;

TEST(Width, IsThatOfATerminal) {
    const struct {
        const char *text;
        int columns;
        const char *what;
    } table[] = {{"", 0, "nothing"},
                 {"abc", 3, "letters"},
                 {"摆渡", 4, "Chinese"},
                 {"かな", 4, "kana"},
                 {"한글", 4, "composed Hangul"},
                 {"𠀀", 2, "a Chinese character beyond the first plane"},
                 {"下载中…", 7, "an ellipsis is narrow"},
                 {"（a）", 5, "full-width brackets"},
                 {"“a”", 3, "quotation marks are narrow"},
                 {"ｱ", 1, "half-width kana"},
                 {"ﬁ", 1, "a ligature"},
                 {"é", 1, "a composed letter"},
                 {"e\u0301", 1, "a letter and a combining mark"},
                 {"\u0e01\u0e34\u0e48", 1, "a Thai letter with two marks"},
                 {"\u0915\u094d", 1, "a Devanagari letter with a virama"},
                 {"\u05d0\u05b8", 1, "a Hebrew letter with a point"},
                 {"a\u200bb", 2, "a zero-width space"},
                 {"😀", 2, "an emoji"},
                 {"⏳", 2, "an emoji of the first plane"},
                 {"🛷", 2, "an emoji of a later Unicode"},
                 {"❤️", 2, "a character in the style of an emoji"},
                 {"\033\007\x7f", 0, "control characters"},
                 {"\xff\xfe", 2, "bytes that are not UTF-8"},
                 {"\xe4\xb8", 2, "a character that is cut"}};
    for (const auto &[text, columns, what] : table) EXPECT_EQ(width_of(text), columns) << what;
}

TEST(Width, CharactersAreNeverSplit) {
    EXPECT_EQ(cut("摆渡ferry", 3), "摆");
    EXPECT_EQ(cut("摆渡ferry", 4), "摆渡");
    EXPECT_EQ(cut("摆渡ferry", 5), "摆渡f");
    EXPECT_EQ(cut("摆渡", 1), "");
    EXPECT_EQ(cut("abc", 0), "");
    EXPECT_EQ(cut("abc", 9), "abc");
    EXPECT_EQ(cut("e\u0301a", 1), "e\u0301") << "with its mark";
    EXPECT_EQ(cut("a👍🏽b", 3), "a") << "an emoji with a tone of skin takes four where it is not joined";
    EXPECT_EQ(cut("👨‍👩‍👧x", 5), "") << "a family is one character";
    EXPECT_EQ(cut("🇨🇳🇩🇪", width_of("🇨🇳")), "🇨🇳") << "a flag is two characters";
}

TEST(Width, PaddingCountsColumns) {
    EXPECT_EQ(padded("总计", 6), "总计  ");
    EXPECT_EQ(padded("总计了", 5), "总计 ");
    EXPECT_EQ(right_aligned("总计", 6), "  总计");
}

TEST(Wrapped, BreaksAtBlanksAndBetweenWideCharacters) {
    EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
    EXPECT_THAT(wrapped("", 7), ElementsAre(""));
    EXPECT_THAT(wrapped("a  b", 7), ElementsAre("a b"));
    EXPECT_THAT(wrapped("toolongforthis line", 7), ElementsAre("toolongforthis", "line"));
    EXPECT_THAT(wrapped("下载容器镜像", 6), ElementsAre("下载容", "器镜像"));
    EXPECT_THAT(wrapped("下载容器。镜像", 8), ElementsAre("下载容", "器。镜像")) << "no line begins with a full stop";
    EXPECT_THAT(wrapped("下载（原样）", 6), ElementsAre("下载", "（原", "样）"))
        << "no line ends with an opening bracket";
    EXPECT_THAT(wrapped("没有“选项”", 5), ElementsAre("没有", "“选", "项”"));
    EXPECT_THAT(wrapped("用 docker load 导入", 8), ElementsAre("用", "docker", "load 导", "入"));
}

} // namespace
} // namespace ferry::cli
