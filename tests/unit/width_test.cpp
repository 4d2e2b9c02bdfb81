#include "cli/show/width.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

using testing::ElementsAre;

TEST(Width, ChineseIsTwoColumnsWideAndCombiningMarksNone) {
    const struct {
        const char *text;
        int columns;
    } table[] = {{"", 0},      {"abc", 3}, {"摆渡", 4}, {"下载中…", 7},  {"é", 1},       {"e\xCC\x81", 1},
                 {"（a）", 5}, {"ﬁ", 1},   {"😀", 2},    {"\xff\xfe", 2}, {"\xe4\xb8", 2}};
    for (const auto &[text, columns] : table) EXPECT_EQ(width_of(text), columns) << text;
}

TEST(Width, CharactersAreNeverSplit) {
    EXPECT_EQ(cut("摆渡ferry", 3), "摆");
    EXPECT_EQ(cut("摆渡ferry", 4), "摆渡");
    EXPECT_EQ(cut("摆渡ferry", 5), "摆渡f");
    EXPECT_EQ(cut("摆渡", 1), "");
    EXPECT_EQ(cut("abc", 0), "");
    EXPECT_EQ(cut("abc", 9), "abc");
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
