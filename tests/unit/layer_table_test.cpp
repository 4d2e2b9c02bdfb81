// What bars show, as a pure function, in both languages.
#include "cli/language/language.h"
#include "cli/show/layer_table.h"
#include "cli/show/width.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

using core::BlobState;
using testing::ElementsAre;

LayerRow row(char digit, std::uint64_t size, std::uint64_t done, BlobState state, bool unpacked = true) {
    LayerRow out;
    out.info = {"sha256:" + std::string(64, digit), size, unpacked};
    out.done = done;
    out.state = state;
    return out;
}

// One of each state.
LayerTable all_states() {
    constexpr std::uint64_t mib = 1 << 20;
    LayerTable table;
    table.rows = {row('a', 30 * mib, 30 * mib, BlobState::done),
                  row('b', 20 * mib, 20 * mib, BlobState::unpacking),
                  row('c', 10 * mib, 10 * mib, BlobState::verifying),
                  row('d', 100 * mib, 45 * mib, BlobState::downloading),
                  row('e', 50 * mib, 5 * mib, BlobState::retrying),
                  row('f', 8 * mib, 4 * mib, BlobState::waiting),
                  row('0', 2 * mib, 0, BlobState::waiting)};
    table.rows[3].rate = 3.25 * mib;
    table.rows[4].reason = "the server broke the connection\033[2J";
    table.rows[5].resumed = true;
    table.total = 220 * mib;
    table.done = 114 * mib;
    table.rate = 3.25 * mib;
    return table;
}

// The Chinese catalogue that the build made, for as long as it lives.
struct Chinese {
    Chinese() { EXPECT_TRUE(speak(Language::chinese, TEST_CATALOGUES)); }
    ~Chinese() { speak(Language::english, TEST_CATALOGUES); }
};

TEST(LayerTable, AtEightyColumnsARowHasDigestBarPartSizeRateAndState) {
    EXPECT_THAT(draw(all_states(), {80, 24, false}),
                ElementsAre("aaaaaaaaaaaa [=====================] 100%   30.0 MiB               done",
                            "bbbbbbbbbbbb [=====================] 100%   20.0 MiB               packing",
                            "cccccccccccc [=====================] 100%   10.0 MiB               verifying",
                            "dddddddddddd [=========>           ]  45%  100.0 MiB    3.2 MiB/s  downloading",
                            "eeeeeeeeeeee  10%   50.0 MiB  trying again: the server broke the connection?[2J",
                            "ffffffffffff [==========>          ]  50%    8.0 MiB               resumed",
                            "000000000000 [                     ]   0%    2.0 MiB               waiting",
                            "total        [=======>      ]  51%  114.0 MiB of 220.0 MiB, 3.2 MiB/s, 33s left"));
}

TEST(LayerTable, AtFortyColumnsARowHasDigestBarPartAndState) {
    EXPECT_THAT(draw(all_states(), {40, 24, false}),
                ElementsAre("aaaaaaaa [==========] 100% done", "bbbbbbbb [==========] 100% packing",
                            "cccccccc [==========] 100% verifying", "dddddddd [====>     ]  45% downloading",
                            "eeeeeeee  10% trying again: the server ", "ffffffff [=====>    ]  50% resumed",
                            "00000000 [          ]   0% waiting", "total    [====>    ]  51% 3.2 MiB/s 33s"));
}

TEST(LayerTable, AtTwentyColumnsARowHasDigestPartAndState) {
    EXPECT_THAT(draw(all_states(), {20, 24, false}),
                ElementsAre("aaaaaa 100% done", "bbbbbb 100% packing", "cccccc 100% verifyi", "dddddd  45% downloa",
                            "eeeeee  10% trying ", "ffffff  50% resumed", "000000   0% waiting", "total  51% 33s"));
}

TEST(LayerTable, ChineseAtEightyColumns) {
    const Chinese chinese;
    EXPECT_THAT(draw(all_states(), {80, 24, false}),
                ElementsAre("aaaaaaaaaaaa [=====================] 100%   30.0 MiB               完成",
                            "bbbbbbbbbbbb [=====================] 100%   20.0 MiB               打包中",
                            "cccccccccccc [=====================] 100%   10.0 MiB               校验中",
                            "dddddddddddd [=========>           ]  45%  100.0 MiB    3.2 MiB/s  下载中",
                            "eeeeeeeeeeee  10%   50.0 MiB  正在重试：the server broke the connection?[2J",
                            "ffffffffffff [==========>          ]  50%    8.0 MiB               已续传",
                            "000000000000 [                     ]   0%    2.0 MiB               等待中",
                            "总计         [=======>       ]  51%  114.0 MiB / 220.0 MiB, 3.2 MiB/s，剩余 33s"));
}

TEST(LayerTable, ChineseAtFortyAndTwentyColumnsIsCutByColumns) {
    const Chinese chinese;
    EXPECT_THAT(draw(all_states(), {40, 24, false}),
                ElementsAre("aaaaaaaa [==========] 100% 完成", "bbbbbbbb [==========] 100% 打包中",
                            "cccccccc [==========] 100% 校验中", "dddddddd [====>     ]  45% 下载中",
                            "eeeeeeee  10% 正在重试：the server brok", "ffffffff [=====>    ]  50% 已续传",
                            "00000000 [          ]   0% 等待中", "总计     [====>    ]  51% 3.2 MiB/s 33s"));
    EXPECT_THAT(draw(all_states(), {20, 24, false}),
                ElementsAre("aaaaaa 100% 完成", "bbbbbb 100% 打包中", "cccccc 100% 校验中", "dddddd  45% 下载中",
                            "eeeeee  10% 正在重", "ffffff  50% 已续传", "000000   0% 等待中", "总计  51% 33s"));
}

TEST(LayerTable, NoLineIsEverAsWideAsTheTerminal) {
    for (const bool zh : {false, true}) {
        speak(zh ? Language::chinese : Language::english, TEST_CATALOGUES);
        for (int columns = 2; columns < 250; ++columns)
            for (int rows = 1; rows < 12; ++rows) {
                const auto lines = draw(all_states(), {columns, rows, false});
                EXPECT_LE(lines.size(), std::size_t(std::max(rows - 2, 1)));
                for (const std::string &line : lines) EXPECT_LT(width_of(line), columns) << line;
            }
    }
    speak(Language::english, TEST_CATALOGUES);
}

TEST(LayerTable, WhereNotAllFitDoneGiveWayFirstThenWaiting) {
    const auto lines = draw(all_states(), {40, 8, false});
    EXPECT_THAT(lines, ElementsAre("bbbbbbbb [==========] 100% packing", "cccccccc [==========] 100% verifying",
                                   "dddddddd [====>     ]  45% downloading", "eeeeeeee  10% trying again: the server ",
                                   "3 more layers: 1 done, 2 waiting", "total    [====>    ]  51% 3.2 MiB/s 33s"));
    EXPECT_EQ(draw(all_states(), {40, 3, false}).size(), 1U) << "the total alone";
}

TEST(LayerTable, ColoursAreOnlyThereWhereAskedFor) {
    for (const std::string &line : draw(all_states(), {80, 24, false})) EXPECT_EQ(line.find('\033'), line.npos);
    const auto lines = draw(all_states(), {80, 24, true});
    EXPECT_EQ(lines[0].rfind("\033[32m", 0), 0U);
    EXPECT_EQ(lines[4].rfind("\033[33m", 0), 0U);
    for (const std::string &line : lines)
        EXPECT_EQ(line[0] == '\033', line.size() > 4 && line.substr(line.size() - 4) == "\033[0m") << line;
}

TEST(LayerTable, AnEmptyTransferIsWhole) {
    EXPECT_THAT(draw(LayerTable{}, {40, 24, false}), ElementsAre("total    [=======================] 100%"));
}

TEST(RowsTaken, ALineThatWrapsTakesSeveral) {
    EXPECT_EQ(rows_taken({}, 80), 0);
    EXPECT_EQ(rows_taken({79, 10, 0}, 80), 3);
    EXPECT_EQ(rows_taken({79, 10}, 40), 3);
    EXPECT_EQ(rows_taken({79, 39}, 20), 6);
}

} // namespace
} // namespace ferry::cli
