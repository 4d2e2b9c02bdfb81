// The program under limits of the system: few descriptors, few threads, little memory.
#include "engine/room.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ferry::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true; // their shadow memory is beyond every limit
#else
constexpr bool sanitized = false;
#endif

class Limits : public testing::Test {
protected:
    explicit Limits(const FaultImage &image) : room(image, 1 << 20) {}

    struct Outcome {
        int code = 0; // exit code, or minus the signal
        std::string errors;
    };
    // Runs the program, as it is after `restrict`.
    Outcome run(const std::string &format, const std::function<void()> &restrict, std::vector<std::string> more = {}) {
        const std::string home = home_.path().string(), errors = home + "/stderr";
        std::vector<std::string> words = {FERRY_PROGRAM,  "team/app:1",
                                          "-r",           "http://" + room.registry.host(),
                                          "-o",           room.folder.path().string(),
                                          "--name",       "out.tar",
                                          "-f",           format,
                                          "-j",           "4",
                                          "--backend",    "v2",
                                          "--timeout",    "5",
                                          "--no-progress"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char *> arguments;
        for (std::string &word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const std::string variable = "HOME=" + home;
        char *const environment[] = {const_cast<char *>(variable.c_str()), nullptr};
        const pid_t pid = ::fork();
        if (pid == 0) {
            const int err = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666),
                      out = ::open("/dev/null", O_WRONLY);
            ::dup2(out, 1);
            ::dup2(err, 2);
            ::close(out);
            ::close(err);
            restrict();
            ::execve(FERRY_PROGRAM, arguments.data(), environment);
            ::_exit(127);
        }
        Outcome outcome;
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        outcome.code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
        std::ifstream file(errors);
        outcome.errors.assign(std::istreambuf_iterator<char>(file), {});
        return outcome;
    }
    static void limit(int what, std::uint64_t value) {
        const rlimit both{value, value};
        ::setrlimit(static_cast<__rlimit_resource>(what), &both);
    }
    bool part_is_there() const {
        const auto names = room.files();
        return std::find(names.begin(), names.end(), "out.tar.part") != names.end();
    }
    void expect_mended(
        const std::string &format, const std::string &reference, const std::function<void()> &become = [] {}) {
        const Outcome outcome = run(format, become);
        ASSERT_EQ(outcome.code, 0) << outcome.errors;
        EXPECT_EQ(sha256_of_file(room.path()), reference);
        ::unlink(room.path().c_str());
    }

    PullRoom room;
    Folder home_;
};

std::vector<LayerSpec> many_layers(unsigned count) {
    std::vector<LayerSpec> layers;
    for (unsigned i = 0; i < count; ++i) layers.push_back({Packing::gzip, 2000, i});
    return layers;
}

class ManyLayers : public Limits {
protected:
    explicit ManyLayers(unsigned count = 125) : Limits(make_image(19, many_layers(count))) {} // as many as Docker loads

    void pull(const std::string &format, std::uint64_t descriptors) {
        PullChoice choice;
        choice.format = format;
        const std::string reference = room.reference(choice);
        const Outcome outcome = run(format, [&] { limit(RLIMIT_NOFILE, descriptors); });
        ASSERT_EQ(outcome.code, 0) << format << ' ' << descriptors << ": " << outcome.errors.substr(0, 2000);
        EXPECT_EQ(sha256_of_file(room.path()), reference);
        ::unlink(room.path().c_str());
    }
};

class AThousandLayers : public ManyLayers {
protected:
    AThousandLayers() : ManyLayers(1100) {}
};

TEST_F(ManyLayers, NeedNoDescriptorEach) {
    if (sanitized) GTEST_SKIP();
    for (const char *format : {"synology", "docker", "oci"}) pull(format, 48);
}

TEST_F(AThousandLayers, NeedNoDescriptorEach) {
    if (sanitized) GTEST_SKIP();
    for (const std::uint64_t descriptors : {1024U, 64U}) pull("oci", descriptors);
}

class LittleOfAll : public Limits {
protected:
    LittleOfAll()
        : Limits(make_image(18, {{Packing::gzip, 3 << 20},
                                 {Packing::plain, 2 << 20},
                                 {Packing::zstd, 2 << 20},
                                 {Packing::gzip, 50'000}})) {}
};

// From too little to begin with to enough, in small steps.
TEST_F(LittleOfAll, MemoryEndsInWordsThatAreTrueAndKeepsWhatIsHere) {
    if (sanitized) GTEST_SKIP();
    int ended = 0, kept = 0;
    for (const char *format : {"synology", "docker"}) {
        PullChoice choice;
        choice.format = format;
        const std::string reference = room.reference(choice);
        for (std::uint64_t mib = 40; mib <= 200; mib += 4) {
            const bool before = part_is_there();
            const Outcome outcome = run(format, [&] { limit(RLIMIT_AS, mib << 20); }, {"--retries", "0"});
            if (outcome.code == 127) continue; // the loader itself had too little
            EXPECT_GE(outcome.code, 0) << mib << " MiB: " << outcome.errors;
            EXPECT_EQ(outcome.errors.find("fault of ferry"), std::string::npos) << mib << " MiB: " << outcome.errors;
            if (outcome.code == 0) {
                EXPECT_EQ(sha256_of_file(room.path()), reference) << mib << " MiB";
                ::unlink(room.path().c_str());
            } else {
                ++ended;
                EXPECT_FALSE(outcome.errors.empty()) << mib << " MiB";
                EXPECT_NE(::access(room.path().c_str(), F_OK), 0) << mib << " MiB";
                if (before || part_is_there()) {
                    EXPECT_TRUE(part_is_there()) << mib << " MiB: " << outcome.errors;
                    ++kept;
                }
            }
        }
        expect_mended(format, reference);
    }
    EXPECT_GT(ended, 0) << "no limit was too low";
}

// As a user who may have few threads: root may have any number.
TEST_F(LittleOfAll, ThreadsEndInWordsThatAreTrueAndKeepsWhatIsHere) {
    if (sanitized || ::geteuid() != 0) GTEST_SKIP() << "only root can become another";
    constexpr uid_t nobody = 65000; // of whom no process runs
    ASSERT_EQ(::chown(room.folder.path().c_str(), nobody, nobody), 0);
    ASSERT_EQ(::chown(home_.path().c_str(), nobody, nobody), 0);
    PullChoice choice;
    choice.format = "synology";
    const std::string reference = room.reference(choice);
    const auto become = [](std::uint64_t threads) {
        ::setgroups(0, nullptr);
        if (::setgid(nobody) != 0) ::_exit(126);
        limit(RLIMIT_NPROC, threads);
        if (::setuid(nobody) != 0) ::_exit(126);
    };
    int started = 0, ended = 0;
    for (std::uint64_t threads = 1; threads <= 14; ++threads) {
        const bool before = part_is_there();
        const Outcome outcome = run("synology", [&] { become(threads); }, {"--retries", "0"});
        if (outcome.code == 126 || outcome.code == 127) continue;
        ++started;
        EXPECT_GE(outcome.code, 0) << threads << " threads: " << outcome.errors;
        EXPECT_EQ(outcome.errors.find("fault of ferry"), std::string::npos)
            << threads << " threads: " << outcome.errors;
        if (outcome.code == 0) {
            EXPECT_EQ(sha256_of_file(room.path()), reference) << threads << " threads";
            ::unlink(room.path().c_str());
        } else {
            ++ended;
            EXPECT_EQ(outcome.code, 1) << threads << " threads: " << outcome.errors;
            EXPECT_NE(outcome.errors.find("thread"), std::string::npos) << threads << " threads: " << outcome.errors;
            EXPECT_TRUE(!before || part_is_there()) << threads << " threads: " << outcome.errors;
        }
    }
    if (started == 0) GTEST_SKIP() << "another user may not run the program where it is";
    EXPECT_GT(ended, 0) << "no limit was too low";
    expect_mended("synology", reference, [&] { become(1000); });
}

} // namespace
} // namespace ferry::test
