#include "core/base/error.h"
#include "core/base/log.h"
#include "core/os/append_file.h"
#include "support/folder.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace ferry::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::vector<std::string> lines_of(const std::string &file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(Log, TagsItsLinesAsTheManualSays) {
    const test::Folder folder;
    const std::string file = folder.path() / "docker_pull.log";
    {
        Log log;
        log.add(append_to(file), Level::debug);
        log.debug("one");
        log.info("two");
        log.warning("three");
        log.error("four");
    }
    const char *stamp = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} ";
    EXPECT_THAT(lines_of(file), ElementsAre(MatchesRegex(std::string(stamp) + "\\[DEBUG\\] one"),
                                            MatchesRegex(std::string(stamp) + "\\[INFO\\] two"),
                                            MatchesRegex(std::string(stamp) + "\\[WARNING\\] three"),
                                            MatchesRegex(std::string(stamp) + "\\[ERROR\\] four")));
}

TEST(Log, KeepsToItsLevelAndAppends) {
    const test::Folder folder;
    const std::string file = folder.write("x.log", "before\n");
    {
        Log log;
        EXPECT_FALSE(log.wants(Level::error));
        log.add(append_to(file), Level::info);
        EXPECT_FALSE(log.wants(Level::debug));
        EXPECT_TRUE(log.wants(Level::info));
        log.debug("not this");
        log.info("but this");
    }
    EXPECT_THAT(lines_of(file), ElementsAre("before", HasSubstr("but this")));
}

TEST(Log, TakesBracesAndPercentSignsAsTheyAre) {
    const test::Folder folder;
    const std::string file = folder.path() / "x.log";
    {
        Log log;
        log.add(append_to(file), Level::info);
        log.info("{} %s {0} {");
    }
    EXPECT_THAT(lines_of(file), ElementsAre(HasSubstr("[INFO] {} %s {0} {")));
}

TEST(Log, ThatCannotBeWrittenIsADiskErrorThatNamesIt) {
    const test::Folder folder;
    Log log;
    try {
        log.add(append_to(folder.path()), Level::info);
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::disk);
        EXPECT_THAT(e.message.english(), HasSubstr(folder.path().string()));
        EXPECT_FALSE(e.remedy.empty());
    }
}

TEST(Log, BlotsOutSecrets) {
    const test::Folder folder;
    const std::string file = folder.path() / "x.log";
    std::vector<std::string> heard;
    {
        Log log;
        log.add(append_to(file), Level::debug);
        log.listen([&](std::string_view line) { heard.emplace_back(line); });
        log.hide("hunter2");
        log.hide("tok{en}");
        for (const Level level : {Level::debug, Level::info, Level::warning, Level::error})
            log.write(level, std::string_view("hunter2 and hunter2hunter2 and tok{en}"));
    }
    EXPECT_THAT(lines_of(file), testing::Each(HasSubstr("*** and ****** and ***")));
    EXPECT_THAT(lines_of(file), testing::SizeIs(4));
    EXPECT_THAT(heard, ElementsAre("*** and ****** and ***"));
}

TEST(Log, DoesNotBlotOutShortWords) {
    Log log;
    log.hide("");
    log.hide("abc");
    EXPECT_EQ(log.scrub("abc is the alphabet"), "abc is the alphabet");
    log.hide("abcd");
    EXPECT_EQ(log.scrub("abcd"), "***");
}

TEST(Log, BlotsOutTheWholeOfASecretThatBeginsWithAnother) {
    Log log;
    log.hide("pass");
    log.hide("password123");
    EXPECT_THAT(log.scrub("it is password123"), Not(HasSubstr("123")));
}

TEST(Log, BlotsOutASecretThatHoldsTheBlot) {
    Log log;
    log.hide("****");
    log.hide("a***b");
    EXPECT_EQ(log.scrub("****"), "***");
    EXPECT_EQ(log.scrub("a***b"), "***");
}

TEST(Log, TellsItsListenerWarningsOnlyAndWithoutAFile) {
    Log log;
    std::vector<std::string> heard;
    log.listen([&](std::string_view line) { heard.emplace_back(line); });
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
    EXPECT_THAT(heard, ElementsAre("c"));
    log.listen({});
    log.warning("nobody listens");
    EXPECT_EQ(heard.size(), 1U);
}

TEST(Log, TellsItsListenerOneLineAtATime) {
    Log log;
    int inside = 0, heard = 0;
    bool together = false;
    log.listen([&](std::string_view) {
        together |= ++inside != 1;
        ++heard;
        std::this_thread::yield();
        --inside;
    });
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int n = 0; n < 100; ++n) log.warning("x");
            });
    }
    EXPECT_EQ(heard, 400);
    EXPECT_FALSE(together);
}

} // namespace
} // namespace ferry::core
