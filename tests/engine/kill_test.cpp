// The program itself, killed without warning when the registry has sent so much, and started again.
#include "engine/room.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>

namespace ferry::test {
namespace {

const FaultImage &program_image() {
    static const FaultImage image = make_image(3, {{Packing::gzip, 7 << 20},
                                                   {Packing::zstd, 2 << 20},
                                                   {Packing::plain, 3 << 20},
                                                   {Packing::gzip, 50'000},
                                                   {Packing::gzip_members, 5 << 20}});
    return image;
}

class Killed : public testing::TestWithParam<const char *> {
protected:
    static constexpr int workers = 4;

    Killed() : room(program_image(), 64 << 10) {
        choice.format = GetParam();
        choice.workers = workers;
        reference = room.reference(choice);
    }

    // Runs the program; kills it once the registry has sent so many bytes in all (0: never). Returns its exit code, or
    // minus the signal that ended it.
    int run(std::uint64_t kill_at) {
        const auto victim = std::make_shared<std::atomic<pid_t>>(0);
        if (kill_at)
            room.registry.on_bytes([victim, kill_at](std::uint64_t total) {
                if (total < kill_at) return;
                if (const pid_t pid = victim->exchange(0)) ::kill(pid, SIGKILL);
            });
        const std::string home = "HOME=" + home_.path().string(), output = room.folder.path().string(),
                          registry = "http://" + room.registry.host();
        std::vector<std::string> words = {FERRY_PROGRAM,
                                          "team/app:1",
                                          "-r",
                                          registry,
                                          "-o",
                                          output,
                                          "--name",
                                          "out.tar",
                                          "-f",
                                          choice.format,
                                          "-j",
                                          std::to_string(workers),
                                          "--backend",
                                          "v2",
                                          "--timeout",
                                          "5",
                                          "--retry-delay",
                                          "0",
                                          "--chunk-size",
                                          std::to_string(choice.chunk),
                                          "--no-progress",
                                          "--quiet"};
        std::vector<char *> arguments;
        for (std::string &word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        std::vector<std::string> variables = {home, "PATH=/usr/bin:/bin"};
        std::vector<char *> environment;
        for (std::string &variable : variables) environment.push_back(variable.data());
        environment.push_back(nullptr);
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        errors_ = home_.path() / "stderr";
        ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, 2, errors_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        pid_t pid = 0;
        const int failed = ::posix_spawn(&pid, FERRY_PROGRAM, &files, nullptr, arguments.data(), environment.data());
        ::posix_spawn_file_actions_destroy(&files);
        if (failed) throw std::runtime_error("cannot start " FERRY_PROGRAM);
        *victim = pid;
        // It is reaped only when no thread can still mean it by its number.
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
        }
        victim->exchange(0);
        room.registry.on_bytes({});
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }

    std::string errors() const {
        std::ifstream file(errors_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    // The last run, which nobody disturbs; `kills` happened before.
    void expect_mended(std::uint64_t kills) {
        EXPECT_EQ(run(0), 0) << errors();
        EXPECT_EQ(sha256_of_file(room.path()), reference);
        EXPECT_EQ(room.files(), (std::vector<std::string>{"docker_pull.log", "out.tar"}));
        EXPECT_LE(room.registry.bytes(), room.image.transfer() + kills * workers * room.loss(choice))
            << kills << " kills";
    }

    PullRoom room;
    PullChoice choice;
    std::string reference;

private:
    Folder home_;
    std::filesystem::path errors_;
};

TEST_P(Killed, UndisturbedItFetchesEveryByteOnce) {
    EXPECT_EQ(run(0), 0) << errors();
    EXPECT_EQ(sha256_of_file(room.path()), reference);
    EXPECT_EQ(room.registry.bytes(), room.image.transfer());
}

TEST_P(Killed, AtATenthAHalfAndNineTenthsItResumes) {
    for (const std::uint64_t percent : {10, 50, 90}) {
        room.registry.reset();
        std::filesystem::remove(room.path());
        ASSERT_EQ(run(room.image.transfer() * percent / 100), -SIGKILL) << percent << " % " << errors();
        EXPECT_FALSE(std::filesystem::exists(room.path()));
        expect_mended(1);
    }
}

TEST_P(Killed, AtTheFirstByteAndAtTheLastItResumes) {
    for (const std::uint64_t at : {std::uint64_t(1), room.image.transfer()}) {
        room.registry.reset();
        std::filesystem::remove(room.path());
        const int code = run(at);
        ASSERT_TRUE(code == -SIGKILL || at == room.image.transfer()) << errors();
        // It may have been quicker than its killer, and then it did it all.
        if (code == 0)
            EXPECT_EQ(sha256_of_file(room.path()), reference);
        else
            expect_mended(1);
    }
}

TEST_P(Killed, BetweenTheRenameAndTheJournalsEndItStartsAnew) {
    ASSERT_EQ(run(room.image.transfer() * 9 / 10), -SIGKILL);
    const std::string journal = room.path("out.tar.part.journal");
    std::filesystem::copy_file(journal, journal + ".kept");
    ASSERT_EQ(run(0), 0) << errors();
    std::filesystem::rename(journal + ".kept", journal);
    room.registry.reset();
    expect_mended(0);
}

TEST_P(Killed, TwentyTimesAtRandomItResumes) {
    std::mt19937_64 random(20);
    std::uint64_t kills = 0, before = 0;
    for (int i = 0; i < 20; ++i) {
        const int code = run(room.registry.bytes() + 1 + random() % (room.image.transfer() / 6));
        ASSERT_TRUE(code == -SIGKILL || code == 0) << errors();
        if (code == -SIGKILL) {
            ++kills;
            continue;
        }
        // It has ended before all twenty: then it begins anew.
        EXPECT_EQ(sha256_of_file(room.path()), reference);
        EXPECT_LE(room.registry.bytes(), room.image.transfer() + kills * workers * room.loss(choice))
            << kills << " kills";
        before += kills;
        kills = 0;
        std::filesystem::remove(room.path());
        room.registry.reset();
    }
    EXPECT_GE(before + kills, 10U);
    expect_mended(kills);
}

INSTANTIATE_TEST_SUITE_P(All, Killed, testing::Values("docker", "synology"),
                         [](const auto &tested) { return std::string(tested.param); });

} // namespace
} // namespace ferry::test
