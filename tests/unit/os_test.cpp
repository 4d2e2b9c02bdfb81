// The seams to the operating system that no other test goes through.
#include "core/base/error.h"
#include "core/os/append_file.h"
#include "core/os/disk.h"
#include "core/os/environment.h"
#include "core/os/library.h"
#include "core/os/owner.h"
#include "core/os/path.h"
#include "core/os/process.h"
#include "core/os/temporary.h"
#include "support/folder.h"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace ferry::core {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

// A variable that is as it was before when the test is over.
class Variable {
public:
    Variable(const char *name, const char *value) : name_(name) {
        if (const char *before = std::getenv(name)) before_ = before;
        value ? ::setenv(name, value, 1) : ::unsetenv(name);
    }
    ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
    Variable(const Variable &) = delete;
    Variable &operator=(const Variable &) = delete;

private:
    const char *name_;
    std::optional<std::string> before_;
};

TEST(Path, FolderIsWhatStandsBeforeTheLastSlash) {
    const std::pair<const char *, const char *> table[] = {{"x.tar", "."},         {"/x.tar", "/"}, {"a/x.tar", "a"},
                                                           {"/a/b/x.tar", "/a/b"}, {"a/", "a"},     {"", "."}};
    for (const auto &[path, folder] : table) EXPECT_EQ(folder_of(path), folder) << path;
}

TEST(Path, ListIsSplitAtColonsAndHasNoEmptyParts) {
    EXPECT_THAT(split_path_list(""), IsEmpty());
    EXPECT_THAT(split_path_list(":::"), IsEmpty());
    EXPECT_THAT(split_path_list("/a"), ElementsAre("/a"));
    EXPECT_THAT(split_path_list(":/a::/b c:"), ElementsAre("/a", "/b c"));
}

TEST(Path, OfTheProgramLeadsToIt) {
    EXPECT_TRUE(fs::path(executable_path()).is_absolute());
    EXPECT_TRUE(fs::exists(executable_path()));
}

TEST(Environment, NamesTheFoldersOfTheUserWithXdgBeforeHome) {
    const Variable home("HOME", "/home/me"), config("XDG_CONFIG_HOME", nullptr), data("XDG_DATA_HOME", nullptr);
    EXPECT_EQ(home_folder(), "/home/me");
    EXPECT_EQ(config_folder(), "/home/me/.config");
    EXPECT_EQ(data_folder(), "/home/me/.local/share");
    const Variable other_config("XDG_CONFIG_HOME", "/c"), other_data("XDG_DATA_HOME", "/d");
    EXPECT_EQ(config_folder(), "/c");
    EXPECT_EQ(data_folder(), "/d");
}

TEST(Environment, WithoutAHomeNamesNoFolder) {
    const Variable home("HOME", nullptr), config("XDG_CONFIG_HOME", ""), data("XDG_DATA_HOME", "");
    EXPECT_EQ(variable("HOME"), "");
    EXPECT_EQ(config_folder(), "");
    EXPECT_EQ(data_folder(), "");
}

TEST(Temporary, FolderIsTheUsersAloneAndGoneAfterwards) {
    std::string path;
    {
        const TemporaryFolder folder("ferry-test-");
        path = folder.path();
        EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
        fs::create_directory(path + "/inner");
        std::ofstream(path + "/inner/file") << "x";
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST(Temporary, FolderThatCannotBeMadeIsADiskErrorThatNamesTheVariable) {
    const Variable place("TMPDIR", "/nowhere/at/all");
    try {
        const TemporaryFolder folder("ferry-test-");
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::disk);
        EXPECT_THAT(e.remedy.english(), testing::HasSubstr("TMPDIR"));
    }
}

TEST(Temporary, LargeFilesDoNotGoToTmp) {
    const Variable unset("TMPDIR", nullptr);
    EXPECT_EQ(scratch_folder(), "/var/tmp");
    const Variable place("TMPDIR", "/big");
    EXPECT_EQ(scratch_folder(), "/big");
}

TEST(Exposure, TellsFilesThatOthersMayChange) {
    const test::Folder folder;
    const std::string file = folder.write("x", "");
    std::error_code failed;
    const auto of = [&](unsigned mode) {
        fs::permissions(file, fs::perms(mode));
        return exposure_of(file, failed);
    };
    EXPECT_EQ(of(0644), Exposure::none);
    EXPECT_EQ(of(0664), Exposure::writable);
    EXPECT_EQ(of(0646), Exposure::writable);
    fs::permissions(folder.path(), fs::perms(01777));
    EXPECT_EQ(exposure_of(folder.path(), failed), Exposure::none) << "nobody may replace what is in it";
    EXPECT_FALSE(failed);
    exposure_of(file + ".not", failed);
    EXPECT_EQ(failed, std::errc::no_such_file_or_directory);
}

TEST(AppendFile, KeepsWhatIsThereAndItsLinesWhole) {
    const test::Folder folder;
    const std::string path = folder.write("x.log", "before\n");
    {
        const auto one = append_to(path), other = append_to(path);
        one("1\n");
        other("2\n");
        one("3\n");
    }
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_EQ(text.str(), "before\n1\n2\n3\n");
}

TEST(Library, FailureIsToldOnce) {
    take_load_error();
    EXPECT_EQ(take_load_error(), "");
    EXPECT_STREQ(library_suffix, ".so");
}

Program shell(const std::string &script) {
    ::signal(SIGPIPE, SIG_IGN); // as the program does
    return {"sh", {"-c", script}, {}, {}};
}

TEST(Process, GetsItsInputAndGivesItsOutputAndNothingOfItsErrors) {
    Program program = shell("cat; echo \"$0 $1\"; echo no >&2");
    program.arguments.insert(program.arguments.end(), {"a b", "$HOME"});
    program.input = "in\n";
    const ProcessResult result = run_process(program);
    EXPECT_EQ(result.end, ProcessResult::End::done);
    EXPECT_EQ(result.output, "in\na b $HOME\n");
}

TEST(Process, DoesNotGetHiddenVariables) {
    const Variable secret("FERRY_TEST_SECRET", "s"), longer("FERRY_TEST_SECRET_NOT", "t");
    Program program = shell("echo \"[$FERRY_TEST_SECRET][$FERRY_TEST_SECRET_NOT]\"");
    program.hidden = {"FERRY_TEST_SECRET"};
    EXPECT_EQ(run_process(program).output, "[][t]\n");
}

TEST(Process, EndsInOneOfSeveralWays) {
    using End = ProcessResult::End;
    EXPECT_EQ(run_process(shell("exit 3")).end, End::failed);
    EXPECT_EQ(run_process(shell("kill -9 $$")).end, End::failed);
    EXPECT_EQ(run_process({"ferry-no-such-program", {}, {}, {}}).end, End::not_found);
    const ProcessResult refused = run_process({"/", {}, {}, {}});
    EXPECT_EQ(refused.end, End::not_started);
    EXPECT_NE(refused.reason, "");
    Program slow = shell("sleep 1000 & sleep 1000");
    slow.patience = std::chrono::milliseconds(100);
    EXPECT_EQ(run_process(slow).end, End::late);
}

TEST(Process, ThatWritesWithoutEndIsCutOff) {
    Program program = shell("while :; do echo xxxxxxxxxxxxxxxx; done");
    program.most_output = 1000;
    const ProcessResult result = run_process(program);
    EXPECT_EQ(result.end, ProcessResult::End::failed);
    EXPECT_GT(result.output.size(), 1000U);
    EXPECT_LE(result.output.size(), 1000U + 4096);
}

TEST(RealDisk, ScratchFileHasNoNameAndHoldsBytes) {
    const test::Folder folder;
    const auto file = real_disk().scratch_file(folder.path(), "shown.tar");
    EXPECT_TRUE(fs::is_empty(folder.path()));
    EXPECT_EQ(file->path(), "shown.tar");
    file->write_at(3, "abc", 3);
    char read[6] = "";
    EXPECT_EQ(file->read_at(0, read, sizeof read), 6U);
    EXPECT_EQ(std::string(read, 6), std::string("\0\0\0abc", 6));
}

} // namespace
} // namespace ferry::core
