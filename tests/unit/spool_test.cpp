#include "core/pack/spool.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

#include <thread>

namespace ferry::core {
namespace {

using test::MemoryDisk;
using testing::ElementsAre;
using testing::IsEmpty;

std::string read(Sink &sink, std::uint64_t at, std::size_t size) {
    std::string bytes(size, '\0');
    bytes.resize(sink.read(at, bytes.data(), size));
    return bytes;
}

TEST(Spool, IsOpenOnlyWhileItIsUsed) {
    MemoryDisk disk;
    {
        Spool spool(disk, "x.part.1");
        EXPECT_EQ(disk.most_open(), 0U);
        EXPECT_THAT(disk.paths(), IsEmpty());
        spool.write(0, "abc", 3);
        EXPECT_EQ(disk.most_open(), 1U);
        spool.close();
        spool.close();
        EXPECT_EQ(read(spool, 1, 5), "bc") << "it opens itself again";
        EXPECT_EQ(disk.most_open(), 1U);
    }
    EXPECT_THAT(disk.paths(), IsEmpty()) << "it does not outlive its owner";
}

TEST(Spool, FindsWhatAnEarlierRunLeftAndIsKeptForTheNext) {
    MemoryDisk disk;
    disk.put("x.part.1", "earlier");
    for (const bool touched : {false, true}) {
        Spool spool(disk, "x.part.1");
        if (touched) {
            EXPECT_EQ(read(spool, 0, 10), "earlier");
        }
        spool.keep();
    }
    EXPECT_THAT(disk.paths(), ElementsAre("x.part.1"));
    { const Spool spool(disk, "x.part.1"); }
    EXPECT_THAT(disk.paths(), IsEmpty()) << "even untouched";
}

TEST(Spool, IsWrittenByManyAndClosedByAnother) {
    MemoryDisk disk;
    Spool spool(disk, "x.part.1");
    {
        std::vector<std::jthread> threads;
        for (char c = 'a'; c < 'e'; ++c)
            threads.emplace_back([&spool, c] {
                for (std::uint64_t i = 0; i < 200; ++i) spool.write(4 * i + std::uint64_t(c - 'a'), &c, 1);
            });
        threads.emplace_back([&spool] {
            for (int i = 0; i < 200; ++i) spool.close();
        });
    }
    std::string all;
    for (int i = 0; i < 200; ++i) all += "abcd";
    EXPECT_EQ(read(spool, 0, 1000), all);
}

} // namespace
} // namespace ferry::core
