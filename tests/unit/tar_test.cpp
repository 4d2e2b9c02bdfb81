#include "core/archive/tar.h"
#include "core/base/error.h"
#include "support/folder.h"
#include "support/output.h"

#include <gmock/gmock.h>

#include <cstdio>

namespace ferry::core {
namespace {

using test::output_of;
using testing::HasSubstr;

std::string field(const std::string &block, std::size_t at, std::size_t size) {
    return block.substr(at, size);
}
std::string nul(const std::string &text, std::size_t size) {
    return text + std::string(size - text.size(), '\0');
}

TEST(TarHeader, HasTheFieldsOfUstar) { // POSIX.1-1988, section 10.1.1
    const std::string block = tar_header(TarType::file, "a/b.json", 01234567, 0644, 0123456);
    ASSERT_EQ(block.size(), tar_block);
    EXPECT_EQ(field(block, 0, 100), nul("a/b.json", 100));
    EXPECT_EQ(field(block, 100, 8), nul("0000644", 8));
    EXPECT_EQ(field(block, 108, 8), nul("0000000", 8));
    EXPECT_EQ(field(block, 116, 8), nul("0000000", 8));
    EXPECT_EQ(field(block, 124, 12), nul("00001234567", 12));
    EXPECT_EQ(field(block, 136, 12), nul("00000123456", 12));
    EXPECT_EQ(block[156], '0');
    EXPECT_EQ(field(block, 157, 100), std::string(100, '\0'));
    EXPECT_EQ(field(block, 257, 8), std::string("ustar\0"
                                                "00",
                                                8));
    EXPECT_EQ(field(block, 265, 247), std::string(247, '\0')) << "no user, group, device, prefix";
    unsigned sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
    char text[9];
    std::snprintf(text, sizeof text, "%06o", sum);
    EXPECT_EQ(field(block, 148, 8), std::string(text) + std::string("\0 ", 2));
}

TEST(TarHeader, MarksDirectoriesAndLinks) {
    const std::string directory = tar_header(TarType::directory, "a/b", 99, 0755, 0);
    EXPECT_EQ(field(directory, 0, 5), std::string("a/b/\0", 5));
    EXPECT_EQ(directory[156], '5');
    EXPECT_EQ(field(directory, 124, 12), nul("00000000000", 12)) << "a directory has no size";
    const std::string link = tar_header(TarType::symlink, "a/l", 99, 0777, 0, "../t");
    EXPECT_EQ(link[156], '2');
    EXPECT_EQ(field(link, 157, 5), std::string("../t\0", 5));
    EXPECT_EQ(field(link, 124, 12), nul("00000000000", 12)) << "nor has a link";
}

TEST(TarHeader, WritesLargeSizesInBase256) {
    const std::uint64_t limit = std::uint64_t(8) << 30;
    EXPECT_EQ(field(tar_header(TarType::file, "a", limit - 1, 0644, 0), 124, 12), nul("77777777777", 12));
    EXPECT_EQ(field(tar_header(TarType::file, "a", limit, 0644, 0), 124, 12),
              std::string("\x80\0\0\0\0\0\0\2\0\0\0\0", 12));
    EXPECT_EQ(field(tar_header(TarType::file, "a", 0x0123456789abcdefULL, 0644, 0), 124, 12),
              std::string("\x80\0\0\0\x01\x23\x45\x67\x89\xab\xcd\xef", 12));
}

TEST(TarHeader, IsAsLongForOneSizeAsForAnother) {
    for (const std::string &path : {std::string("a"), std::string(300, 'a')})
        for (const std::uint64_t size : {std::uint64_t(0), std::uint64_t(511), std::uint64_t(1) << 33, UINT64_MAX >> 1})
            EXPECT_EQ(tar_header(TarType::file, path, size, 0644, 0).size(),
                      tar_header(TarType::file, path, 0, 0644, 0).size());
}

TEST(TarHeader, SplitsLongPathsWhereTheyFit) {
    const std::string folder(60, 'f'), name(100, 'n');
    const std::string split = tar_header(TarType::file, folder + "/" + folder + "/" + name, 0, 0644, 0);
    ASSERT_EQ(split.size(), tar_block);
    EXPECT_EQ(field(split, 0, 100), name);
    EXPECT_EQ(field(split, 345, 155), nul(folder + "/" + folder, 155));
    EXPECT_EQ(tar_header(TarType::file, name, 0, 0644, 0).size(), tar_block);
    EXPECT_EQ(tar_header(TarType::file, std::string(155, 'p') + "/" + name, 0, 0644, 0).size(), tar_block)
        << "the longest of all";
    for (const std::string &path : {name + "n", std::string(156, 'p') + "/" + name, folder + "/n" + name}) {
        const std::string pax = tar_header(TarType::file, path, 0, 0644, 0);
        EXPECT_EQ(pax[156], 'x') << path;
        EXPECT_EQ(pax.size() % tar_block, 0U);
        EXPECT_THAT(pax, HasSubstr(" path=" + path + "\n"));
    }
}

TEST(TarHeader, RefusesWhatNoHeaderHolds) {
    const auto refused = [](std::uint32_t mode, std::int64_t mtime) {
        try {
            tar_header(TarType::file, "the/entry", 0, mode, mtime);
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::plugin);
            EXPECT_THAT(e.message.english(), HasSubstr("the/entry"));
            return true;
        }
        return false;
    };
    EXPECT_TRUE(refused(0644, -1));
    EXPECT_TRUE(refused(0644, std::int64_t(1) << 33));
    EXPECT_TRUE(refused(010000, 0));
    EXPECT_FALSE(refused(07777, (std::int64_t(1) << 33) - 1));
}

TEST(TarPadding, FillsTheBlock) {
    static_assert(tar_padding(0) == 0 && tar_padding(1) == 511 && tar_padding(511) == 1 && tar_padding(512) == 0 &&
                  tar_padding(513) == 511);
    EXPECT_EQ(tar_padding((std::uint64_t(1) << 40) + 1), 511U);
}

// Entries whose paths and targets have every length around the limits of the fields.
std::vector<std::pair<std::string, std::string>> entries() {
    std::vector<std::pair<std::string, std::string>> all;
    const auto long_name = [](std::size_t size) {
        std::string path;
        while (path.size() < size) path += path.size() % 41 == 40 ? '/' : static_cast<char>('a' + path.size() % 26);
        if (path.back() == '/') path.back() = 'z';
        return path;
    };
    for (const std::size_t size :
         {1, 98, 99, 100, 101, 102, 155, 156, 157, 200, 254, 255, 256, 257, 300, 900, 980, 990, 1000})
        all.emplace_back("s" + std::to_string(size) + "/" + long_name(size), "");
    for (const std::size_t size : {98, 99, 100, 101, 155}) all.emplace_back(std::string(size, 'n'), "");
    for (const std::size_t size : {1, 99, 100, 101, 500})
        all.emplace_back("link" + std::to_string(size), long_name(size));
    all.emplace_back("\xC3\xBCml\xC3\xA4ut", "");
    return all;
}

TEST(TarHeader, IsReadByTarAndByPython) {
    std::string archive, expected;
    for (const auto &[path, target] : entries()) {
        const bool link = !target.empty();
        archive += tar_header(link ? TarType::symlink : TarType::file, path, 3, link ? 0777 : 0640, 86'400, target);
        if (!link) archive += "abc" + std::string(tar_padding(3), '\0');
        expected += path + (link ? " -> " + target : "") + "\n";
    }
    archive += tar_header(TarType::directory, "d" + std::string(150, 'd'), 0, 0755, 0);
    expected += "d" + std::string(150, 'd') + "/\n";
    archive += std::string(tar_end_size, '\0');
    const test::Folder folder;
    const std::string file = folder.write("x.tar", archive);
    const std::string listing =
        output_of("TZ=UTC LC_ALL=C.UTF-8 tar --quoting-style=literal --numeric-owner -tvf " + file);
    std::string seen;
    for (std::size_t begin = 0; begin < listing.size();) {
        const auto end = listing.find('\n', begin);
        const std::string line = listing.substr(begin, end - begin);
        EXPECT_THAT(line, HasSubstr(" 0/0 "));
        const auto path = line.find(":00 "); // 1970-01-02 00:00 PATH
        seen += line.substr(path + 4) + '\n';
        begin = end + 1;
    }
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(output_of("python3 -c \"import sys, tarfile\n"
                        "sys.stdout.reconfigure(encoding='utf-8')\n"
                        "for m in tarfile.open('" +
                        file +
                        "'):\n"
                        "  print(m.name + (' -> ' + m.linkname if m.issym() else '') + ('/' if m.isdir() else ''))\""),
              expected);
}

TEST(TarHeader, IsByteForByteThatOfPython) {
    const auto python = [](const std::string &set) {
        return output_of(
            "python3 -c \"import sys, tarfile\n"
            "m = tarfile.TarInfo('a/b')\n" +
            set +
            "\n"
            "sys.stdout.buffer.write(m.tobuf(tarfile.GNU_FORMAT if m.size >> 33 else tarfile.USTAR_FORMAT))\"");
    };
    const auto unify = [](std::string block) { // "ustar  " and no device numbers are GNU's way
        block.replace(257, 8,
                      std::string("ustar\0"
                                  "00",
                                  8));
        block.replace(148, 8, std::string(8, ' '));
        block.replace(329, 16, std::string(16, '\0'));
        return block;
    };
    EXPECT_EQ(unify(python("m.mode = 0o644; m.size = 12345; m.mtime = 1700000000")),
              unify(tar_header(TarType::file, "a/b", 12345, 0644, 1700000000)));
    EXPECT_EQ(unify(python("m.mode = 0o777; m.type = tarfile.SYMTYPE; m.linkname = '../c'")),
              unify(tar_header(TarType::symlink, "a/b", 0, 0777, 0, "../c")));
    EXPECT_EQ(unify(python("m.mode = 0o755; m.type = tarfile.DIRTYPE")),
              unify(tar_header(TarType::directory, "a/b", 0, 0755, 0)));
    EXPECT_EQ(unify(python("m.mode = 0o644; m.size = 9 << 33")),
              unify(tar_header(TarType::file, "a/b", std::uint64_t(9) << 33, 0644, 0)));
}

} // namespace
} // namespace ferry::core
