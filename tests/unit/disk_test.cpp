// Files of this machine that ferry writes to: whose they may be, and what happens to their names.
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/os/append_file.h"
#include "core/os/disk.h"
#include "support/folder.h"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

namespace ferry::core {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

std::string content_of(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

mode_t mode_of(const std::string &path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

ino_t inode_of(const std::string &path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

class Umask {
public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    ~Umask() { ::umask(before_); }
    Umask(const Umask &) = delete;
    Umask &operator=(const Umask &) = delete;

private:
    const mode_t before_;
};

// What can stand in the place of a file that ferry wants to write to, and what is not to be touched then.
struct Trap {
    const char *name;
    const char *words; // of the error
    std::function<void(const std::string &path, const std::string &victim)> set;
    bool root = false; // only root can set it
};

const std::vector<Trap> &traps() {
    static const std::vector<Trap> all = {
        {"a link to a file", "symbolic link", [](auto &path, auto &victim) { fs::create_symlink(victim, path); }},
        {"a link that leads nowhere", "symbolic link",
         [](auto &path, auto &victim) { fs::create_symlink(victim + ".not", path); }},
        {"a link to a folder", "symbolic link", [](auto &path, auto &) { fs::create_directory_symlink("/tmp", path); }},
        {"another name of a file", "hard links", [](auto &path, auto &victim) { fs::create_hard_link(victim, path); }},
        {"a named pipe", "not a regular file", [](auto &path, auto &) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }},
        {"a folder", "not a regular file", [](auto &path, auto &) { fs::create_directory(path); }},
        {"a socket", "not a regular file",
         [](auto &path, auto &) {
             sockaddr_un address{};
             address.sun_family = AF_UNIX;
             ASSERT_LT(path.size(), sizeof address.sun_path);
             path.copy(address.sun_path, path.size());
             const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
             ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
             ::close(fd);
         }},
        {"a device", "not a regular file",
         [](auto &path, auto &) { ASSERT_EQ(::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 7)), 0); }, true},
        {"a file of another user", "belongs to another user",
         [](auto &path, auto &) {
             std::ofstream(path) << "theirs";
             ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
         },
         true},
        {"a file of another user that all may write to", "belongs to another user",
         [](auto &path, auto &) {
             std::ofstream(path) << "theirs";
             fs::permissions(path, fs::perms(0666));
             ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
         },
         true},
    };
    return all;
}

// What stands in a folder, with all that tells one state from another.
std::vector<std::string> state_of(const fs::path &folder) {
    std::vector<std::string> all;
    for (const auto &entry : fs::directory_iterator(folder)) {
        struct stat s {};
        ::lstat(entry.path().c_str(), &s);
        all.push_back(entry.path().filename().string() + ' ' + std::to_string(s.st_ino) + ' ' +
                      std::to_string(s.st_mode) + ' ' + std::to_string(s.st_uid) + ' ' + std::to_string(s.st_size) +
                      ' ' + (S_ISREG(s.st_mode) ? content_of(entry.path()) : ""));
    }
    std::sort(all.begin(), all.end());
    return all;
}

void expect_refusal(const std::function<void(const std::string &path)> &open) {
    for (const Trap &trap : traps()) {
        if (trap.root && ::geteuid() != 0) continue;
        SCOPED_TRACE(trap.name);
        const test::Folder folder;
        const std::string victim = folder.write("victim", "precious"), path = folder.path() / "x.tar.part";
        trap.set(path, victim);
        const auto before = state_of(folder.path());
        try {
            open(path);
            ADD_FAILURE() << "it was taken over";
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::disk);
            EXPECT_THAT(e.message.english(), HasSubstr(path));
            EXPECT_THAT(e.message.english(), HasSubstr(trap.words));
            EXPECT_THAT(e.remedy.english(), HasSubstr(path)) << "what to do about it";
        }
        EXPECT_EQ(state_of(folder.path()), before) << "something was changed";
    }
}

TEST(RealDisk, TakesOverNothingButAnOrdinaryFileOfThisUser) {
    expect_refusal([](const std::string &path) { real_disk().open(path, false); });
    expect_refusal([](const std::string &path) { real_disk().open(path, true); });
}

TEST(RealDisk, TheLogIsHeldToTheSameRule) {
    expect_refusal([](const std::string &path) {
        Log log;
        log.add(append_to(path), Level::info);
        log.info("a line");
    });
}

TEST(RealDisk, FindsNothingThatIsNotThisUsers) {
    for (const Trap &trap : traps()) {
        if (trap.root && ::geteuid() != 0) continue;
        const test::Folder folder;
        const std::string victim = folder.write("victim", "precious"), path = folder.path() / "x.tar.part";
        trap.set(path, victim);
        EXPECT_EQ(real_disk().find(path), nullptr) << trap.name;
    }
    const test::Folder folder;
    EXPECT_EQ(real_disk().find(folder.path() / "nothing"), nullptr);
    EXPECT_TRUE(fs::is_empty(folder.path())) << "looking makes nothing";
    EXPECT_EQ(real_disk().find(folder.write("mine", "12345"))->size(), 5U);
}

TEST(RealDisk, ResumesWithAFileOfItsOwn) {
    const test::Folder folder;
    const std::string path = folder.write("x.part", "12345");
    const ino_t inode = inode_of(path);
    EXPECT_EQ(real_disk().open(path, false)->size(), 5U);
    EXPECT_EQ(real_disk().open(path, true)->size(), 0U);
    EXPECT_EQ(inode_of(path), inode);
}

TEST(RealDisk, MakesANewFileWhereOthersMayWriteToTheOldOne) {
    for (const mode_t mode : {0666U, 0660U, 0602U, 0620U}) {
        const test::Folder folder;
        const std::string path = folder.write("x.part", "what others wrote");
        fs::permissions(path, fs::perms(mode));
        const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        const auto file = real_disk().open(path, false);
        EXPECT_EQ(file->size(), 0U);
        file->write_at(0, "ferry", 5);
        ASSERT_EQ(::pwrite(other, "EVIL", 4, 0), 4);
        ::close(other);
        EXPECT_EQ(content_of(path), "ferry") << std::oct << mode;
        EXPECT_EQ(mode_of(path) & 022U, 0U);
    }
}

TEST(RealDisk, ALogThatTheGroupMayWriteToIsGoneOnWith) {
    const test::Folder folder;
    const std::string path = folder.write("docker_pull.log", "before\n");
    fs::permissions(path, fs::perms(0664));
    {
        Log log;
        log.add(append_to(path), Level::info);
        log.info("after");
    }
    EXPECT_THAT(content_of(path), testing::MatchesRegex("before\n.*\\[INFO\\] after\n"));
}

TEST(RealDisk, NobodyElseMayWriteBeforeThePublicationAndTheUmaskDecidesAfterIt) {
    for (const mode_t mask : {0U, 02U, 022U, 027U, 077U}) {
        const Umask set(mask);
        const test::Folder folder;
        const std::string part = folder.path() / "x.part", path = folder.path() / "x";
        const auto file = real_disk().open(part, false);
        EXPECT_EQ(mode_of(part) & 022U, 0U) << std::oct << mask;
        real_disk().publish(*file, path);
        EXPECT_EQ(mode_of(path), 0666U & ~mask) << std::oct << mask;
        const std::string log = folder.path() / "log";
        Log().add(append_to(log), Level::info);
        EXPECT_EQ(mode_of(log), 0666U & ~mask) << std::oct << mask;
    }
}

TEST(RealDisk, PublishesTheVeryFileThatWasWritten) {
    const test::Folder folder;
    const std::string path = folder.write("x", "the archive of yesterday"), part = folder.path() / "x.part";
    const auto file = real_disk().open(part, false);
    file->write_at(0, "new", 3);
    ASSERT_TRUE(real_disk().named(*file));
    real_disk().publish(*file, path);
    EXPECT_EQ(content_of(path), "new");
    EXPECT_FALSE(fs::exists(part));
}

TEST(RealDisk, PublishesAndRemovesNothingThatTookItsPlace) {
    for (const bool replaced : {false, true})
        for (const bool link : {false, true}) {
            if (link && !replaced) continue;
            const test::Folder folder;
            const std::string path = folder.write("x", "the archive of yesterday"), part = folder.path() / "x.part";
            const auto file = real_disk().open(part, false);
            file->write_at(0, "new", 3);
            fs::rename(part, folder.path() / "aside");
            if (replaced && link) fs::create_symlink("aside", part);
            if (replaced && !link) folder.write("x.part", "another's");
            const auto before = state_of(folder.path());
            EXPECT_FALSE(real_disk().named(*file));
            EXPECT_FALSE(file->lock()) << "it is another's by now";
            EXPECT_FALSE(real_disk().remove(*file));
            try {
                real_disk().publish(*file, path);
                ADD_FAILURE() << "it was published";
            } catch (const Error &e) {
                EXPECT_EQ(e.kind(), Kind::disk);
                EXPECT_THAT(e.message.english(), StartsWith(part));
                EXPECT_FALSE(e.remedy.empty());
            }
            EXPECT_EQ(state_of(folder.path()), before);
        }
}

std::string objection(const std::string &path, std::uint64_t size) {
    try {
        real_disk().check(path, size);
        return {};
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::disk);
        EXPECT_FALSE(e.remedy.empty());
        return e.message.english();
    }
}

TEST(RealDisk, KnowsBeforeWhatCannotBePublished) {
    const test::Folder folder;
    const std::string path = folder.path() / "x";
    const auto before = state_of(folder.path());
    EXPECT_EQ(objection(path, 1000), "");
    EXPECT_EQ(objection(path, std::uint64_t(3) << 30), "") << "the free space is another matter";
    EXPECT_THAT(objection(path, std::uint64_t(1) << 63), HasSubstr("File too large"));
    EXPECT_EQ(state_of(folder.path()), before) << "nothing is left of the look";
    folder.write("x", "yesterday's");
    EXPECT_EQ(objection(path, 1000), "");
    EXPECT_EQ(content_of(path), "yesterday's");
    fs::create_directory(folder.path() / "y");
    EXPECT_THAT(objection(folder.path() / "y", 1), HasSubstr("is a folder"));
    EXPECT_THAT(objection(folder.path().string() + "/y/", 1), HasSubstr("is a folder"));
    EXPECT_THAT(objection(folder.path() / "nowhere/x", 1), HasSubstr("nowhere"));
    ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
    fs::create_symlink("/dev/null", folder.path() / "null");
    fs::create_symlink("y", folder.path() / "to-y");
    fs::create_symlink("x", folder.path() / "to-x");
    fs::create_symlink("nothing", folder.path() / "to-nothing");
    EXPECT_THAT(objection(folder.path() / "pipe", 1), HasSubstr("not a regular file"));
    EXPECT_THAT(objection(folder.path() / "null", 1), HasSubstr("not a regular file"));
    EXPECT_THAT(objection(folder.path() / "to-y", 1), HasSubstr("is a folder"));
    EXPECT_EQ(objection(folder.path() / "to-x", 1), "") << "the link is replaced";
    EXPECT_EQ(objection(folder.path() / "to-nothing", 1), "");
}

TEST(RealDisk, KnowsBeforeWhatTheLimitOfTheProcessForbids) {
    const test::Folder folder;
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit low{10 << 20, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
    const std::string above = objection(folder.path() / "x", 11 << 20), below = objection(folder.path() / "x", 9 << 20);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_THAT(above, HasSubstr("10.0 MiB"));
    EXPECT_EQ(below, "");
}

TEST(RealDisk, KnowsBeforeWhatAnotherUserMayNotDo) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
    const test::Folder folder;
    const fs::path shared = folder.path() / "shared", closed = folder.path() / "closed";
    fs::permissions(folder.path(), fs::perms(0755));
    fs::create_directory(shared);
    ASSERT_EQ(::chmod(shared.c_str(), 01777), 0);
    fs::create_directory(closed);
    std::ofstream(shared / "x") << "root's";
    const uid_t nobody = 65534;
    ASSERT_EQ(::seteuid(nobody), 0);
    const std::string theirs = objection(shared / "x", 1), free = objection(shared / "y", 1),
                      shut = objection(closed / "x", 1);
    ASSERT_EQ(::seteuid(0), 0);
    EXPECT_THAT(theirs, HasSubstr("belongs to another user"));
    EXPECT_EQ(free, "");
    EXPECT_THAT(shut, HasSubstr("cannot write to the folder " + closed.string()));
}

} // namespace
} // namespace ferry::core
