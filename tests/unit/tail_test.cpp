#include "core/pack/tail.h"
#include "support/memory_disk.h"

#include <gtest/gtest.h>

namespace ferry::core {
namespace {

Layout::Tail entry(const std::string &path, const std::string &digest) {
    Layout::Tail tail;
    tail.entry.path = path;
    tail.entry.mode = 0644;
    tail.digest = digest;
    return tail;
}

std::string member(const std::string &path, const std::string &bytes) {
    return tar_header(TarType::file, path, bytes.size(), 0644, 0) + bytes +
           std::string(tar_padding(bytes.size()), '\0');
}

TEST(ArchiveTail, GrowsByOneMemberAfterTheOther) {
    test::MemoryDisk disk;
    const auto part = disk.open("part", true);
    const std::string fixed(1024, '.'), long_path(300, 'p');
    part->write_at(0, fixed.data(), fixed.size());
    Layout layout;
    layout.fixed_size = fixed.size();
    layout.tails = {entry("a", "one"), entry(long_path, "two"), entry("c", "one"), entry("empty", "none")};
    const std::string contents[] = {"first", std::string(512, 'x'), "first", ""};
    ArchiveTail tail(*part, layout);
    for (const std::string &content : contents) {
        ASSERT_FALSE(tail.complete());
        part->write_at(tail.content_at(), content.data(), content.size());
        tail.finish(content.size());
    }
    EXPECT_TRUE(tail.complete());
    EXPECT_EQ(tail.done(), 4U);
    tail.append("late");
    const std::string all = fixed + member("a", contents[0]) + member(long_path, contents[1]) +
                            member("c", contents[2]) + member("empty", "") + "late";
    EXPECT_EQ(tail.end(), all.size());
    EXPECT_TRUE(disk.bytes("part") == all);
    EXPECT_EQ(tail.sizes(), (std::map<std::string, std::uint64_t>{{"none", 0}, {"one", 5}, {"two", 512}}));
    ASSERT_TRUE(tail.find("one"));
    EXPECT_EQ(all.substr(tail.find("one")->offset, tail.find("one")->size), "first");
    EXPECT_EQ(tail.find("three"), nullptr);
}

} // namespace
} // namespace ferry::core
