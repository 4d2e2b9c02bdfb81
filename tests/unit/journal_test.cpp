#include "core/pack/journal.h"
#include "core/pack/pipe.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace ferry::core {
namespace {

using test::MemoryDisk;
using testing::ElementsAre;
using Record = Journal::Record;

const std::string identity(64, 'a'), other(64, 'b');

std::vector<std::string> shown(const Journal &journal) {
    std::vector<std::string> all;
    for (const Record &r : journal.records())
        all.push_back(std::to_string(static_cast<unsigned>(r.kind)) + ' ' + std::to_string(r.number) + ' ' +
                      std::to_string(r.value) + ' ' + std::to_string(r.crc));
    return all;
}

class JournalTest : public testing::Test {
protected:
    void write_three() {
        Journal journal(disk.open("j", false), identity, true);
        journal.add({Journal::Kind::chunk, 1, 2, 0xffffffff});
        journal.add({Journal::Kind::unpacked, 3, std::uint64_t(1) << 40, 0});
        journal.add({Journal::Kind::dropped, 1, 0, 0});
    }
    MemoryDisk disk;
};
const char *const three[] = {"1 1 2 4294967295", "2 3 1099511627776 0", "3 1 0 0"};

TEST_F(JournalTest, GivesBackWhatWasWritten) {
    EXPECT_FALSE(Journal(disk.open("j", false), identity, false).resumed()) << "there is nothing yet";
    write_three();
    Journal journal(disk.open("j", false), identity, false);
    EXPECT_TRUE(journal.resumed());
    EXPECT_THAT(shown(journal), ElementsAre(three[0], three[1], three[2]));
    journal.add({Journal::Kind::chunk, 9, 9, 9});
    EXPECT_THAT(shown(Journal(disk.open("j", false), identity, false)),
                ElementsAre(three[0], three[1], three[2], "1 9 9 9"));
}

TEST_F(JournalTest, HasTheDocumentedForm) { // docs/output-formats.md
    write_three();
    const std::string bytes = disk.bytes("j");
    ASSERT_EQ(bytes.size(), 76U + 3 * 24);
    EXPECT_EQ(bytes.substr(0, 72), "FERRYJN1" + identity);
    EXPECT_EQ(bytes.substr(76, 20), std::string("\1\0\0\0"
                                                "\1\0\0\0"
                                                "\2\0\0\0\0\0\0\0"
                                                "\xff\xff\xff\xff",
                                                20));
}

TEST_F(JournalTest, OfAnotherPlanIsBegunAnew) {
    for (const bool fresh : {false, true}) {
        write_three();
        const Journal journal(disk.open("j", false), fresh ? identity : other, fresh);
        EXPECT_FALSE(journal.resumed());
        EXPECT_TRUE(journal.records().empty());
        EXPECT_EQ(disk.bytes("j").size(), 76U);
    }
}

TEST_F(JournalTest, EndsAtItsFirstTornRecord) {
    write_three();
    const std::string whole = disk.bytes("j");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        disk.put("j", whole.substr(0, size));
        const Journal journal(disk.open("j", false), identity, false);
        EXPECT_EQ(journal.resumed(), size >= 76) << size;
        EXPECT_EQ(journal.records().size(), size < 76 ? 0 : (size - 76) / 24) << size;
        EXPECT_EQ(disk.bytes("j").size(), size < 76 ? 76 : size - (size - 76) % 24) << "what follows is cut off";
    }
}

TEST_F(JournalTest, BelievesNoRecordWhoseChecksumIsWrong) {
    write_three();
    const std::string whole = disk.bytes("j");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] ^= 0x10;
        disk.put("j", damaged);
        const Journal journal(disk.open("j", false), identity, false);
        EXPECT_EQ(journal.resumed(), at >= 76) << at;
        EXPECT_EQ(journal.records().size(), at < 76 ? 0 : (at - 76) / 24) << at;
    }
}

TEST_F(JournalTest, KeepsRecordsOfManyThreadsWhole) {
    {
        Journal journal(disk.open("j", false), identity, true);
        std::vector<std::jthread> threads;
        for (std::uint32_t i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                for (std::uint64_t n = 0; n < 200; ++n) journal.add({Journal::Kind::chunk, i, n, 0});
            });
    }
    EXPECT_EQ(Journal(disk.open("j", false), identity, false).records().size(), 800U);
}

// ---- the pipe

TEST(Pipe, HandsBuffersOverInOrder) {
    std::string out;
    Pipe pipe(100, [&](const char *data, std::size_t size) { out.append(data, size); });
    std::string in;
    for (std::size_t i = 0; i < 500; ++i) {
        std::vector<char> &buffer = pipe.take();
        ASSERT_EQ(buffer.size(), 100U);
        const std::string piece(i % 101, static_cast<char>('a' + i % 26));
        std::copy(piece.begin(), piece.end(), buffer.begin());
        in += piece;
        pipe.give(piece.size());
    }
    pipe.finish();
    EXPECT_TRUE(out == in);
}

TEST(Pipe, MayEndWithoutAByte) {
    int calls = 0;
    {
        Pipe pipe(100, [&](const char *, std::size_t) { ++calls; });
        pipe.take();
        pipe.finish();
    }
    {
        Pipe unused(100, [&](const char *, std::size_t) { ++calls; });
    }
    EXPECT_EQ(calls, 0);
}

TEST(Pipe, ThrowsWhatItsConsumerThrew) {
    for (const int at : {1, 3, 50}) {
        std::atomic<int> calls{0};
        const auto run = [&] {
            Pipe pipe(10, [&](const char *, std::size_t) {
                if (++calls == at) throw Error(Kind::disk, "full");
            });
            for (int i = 0; i < 50; ++i) pipe.take(), pipe.give(1);
            pipe.finish();
        };
        EXPECT_THROW(run(), Error) << at;
        EXPECT_EQ(calls, at) << "nothing is consumed after a failure";
    }
}

} // namespace
} // namespace ferry::core
