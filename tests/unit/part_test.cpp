// What unfinished pulls leave in a folder, and what `ferry clean` takes of it.
#include "core/pack/journal.h"
#include "core/pack/part.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::MemoryDisk;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;
using Names = std::vector<std::string>;

const std::string digits = "0123456789abcdef";

class Clean : public testing::Test {
protected:
    // As a pull that was killed leaves it.
    void leave(const std::string &archive) {
        disk.put(part_of(archive), "bytes");
        Journal(disk.open(journal_of(archive), false), std::string(64, 'a'), true);
    }
    MemoryDisk disk;
};

TEST_F(Clean, TakesAllThatAnUnfinishedPullLeft) {
    leave("out/x.tar");
    disk.put("out/x.tar.part." + digits, "spool");
    disk.put("out/x.tar", "an archive of yesterday");
    leave("out/.ferry-stdout-0123.tar");
    EXPECT_THAT(
        clean_folder(disk, "out"),
        UnorderedElementsAreArray(Names{"out/x.tar.part", "out/x.tar.part.journal", "out/x.tar.part." + digits,
                                        "out/.ferry-stdout-0123.tar.part", "out/.ferry-stdout-0123.tar.part.journal"}));
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
}

TEST_F(Clean, LeavesWhatOnlyHasSuchAName) {
    const Names foreign = {"out/movie.mkv.part",     "out/y.part." + digits,       "out/.part",
                           "out/z.tar.part.journal", "out/short.tar.part.journal", "out/x.tar.part.backup",
                           "out/x.tar.part.0",       "out/x.tar.partial",          "out/x.tar.part.journal.bak",
                           "out/z.tar.part",         "out/sub/s.tar.part",         "out/x.tar.part.0123456789ABCDEF",
                           "other/x.tar.part",       "other/x.tar.part.journal."};
    for (const std::string &path : foreign) disk.put(path, "mine");
    disk.put("out/z.tar.part.journal", std::string(200, 'z'));
    disk.put("out/short.tar.part.journal", "FERRYJN1");
    EXPECT_THAT(clean_folder(disk, "out"), IsEmpty());
    leave("out/x.tar");
    EXPECT_THAT(clean_folder(disk, "out"), ElementsAre("out/x.tar.part", "out/x.tar.part.journal"));
    EXPECT_THAT(disk.paths(), UnorderedElementsAreArray(foreign));
}

TEST_F(Clean, TakesAJournalWhosePartIsGone) {
    leave("out/x.tar");
    disk.take("out/x.tar.part");
    EXPECT_THAT(clean_folder(disk, "out"), ElementsAre("out/x.tar.part.journal"));
}

TEST_F(Clean, LeavesWhatIsAnotherUsers) {
    for (const std::string name : {"x.tar.part", "x.tar.part.journal", "x.tar.part.0123456789abcdef"}) {
        const std::string theirs = name + "/" + name;
        leave(name + "/x.tar");
        disk.put(name + "/x.tar.part." + digits, "spool");
        disk.give_away(theirs);
        for (const std::string &path : clean_folder(disk, name)) EXPECT_NE(path, theirs);
        EXPECT_TRUE(disk.exists(theirs));
    }
}

TEST_F(Clean, LeavesWhatAFerryIsAtWorkOn) {
    for (const char *held : {"out/x.tar.part", "out/x.tar.part.journal"}) {
        leave("out/x.tar");
        disk.put("out/x.tar.part." + digits, "spool");
        const auto file = disk.open(held, false);
        ASSERT_TRUE(file->lock());
        EXPECT_THAT(clean_folder(disk, "out"), IsEmpty()) << held;
    }
    EXPECT_THAT(clean_folder(disk, "out"), testing::SizeIs(3)) << "it has ended";
}

TEST_F(Clean, LeavesWhatTookThePlaceOfAFileInBetween) {
    leave("out/x.tar");
    disk.before = [&](const std::string &action, const std::string &path) {
        if (action == "remove" && path == "out/x.tar.part" && disk.take(path)) disk.put(path, "another's");
    };
    EXPECT_THAT(clean_folder(disk, "out"), ElementsAre("out/x.tar.part.journal"));
    EXPECT_EQ(disk.bytes("out/x.tar.part"), "another's");
}

TEST(Spools, AreKnownByTheirNames) {
    MemoryDisk disk;
    const std::string digest = "sha256:" + digits + std::string(48, '0');
    for (const char *name : {"a.part", "a.part.journal", "a.part.mine", "b.part.0123456789abcdef"}) disk.put(name, "");
    disk.put(spool_of("a", digest), "1");
    disk.put("a.part.fedcba9876543210", "2");
    remove_spool(disk, "a", digest);
    EXPECT_THAT(disk.paths(), ElementsAre("a.part", "a.part.fedcba9876543210", "a.part.journal", "a.part.mine",
                                          "b.part.0123456789abcdef"));
    remove_spools(disk, "a");
    EXPECT_THAT(disk.paths(), ElementsAre("a.part", "a.part.journal", "a.part.mine", "b.part.0123456789abcdef"));
}

} // namespace
} // namespace ferry::core
