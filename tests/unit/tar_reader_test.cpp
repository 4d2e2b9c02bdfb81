#include "core/archive/tar.h"
#include "core/archive/tar_reader.h"
#include "core/base/error.h"
#include "support/folder.h"
#include "support/memory_disk.h"
#include "support/output.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace ferry::core {
namespace {

using testing::HasSubstr;

const std::string end_of_tar(tar_end_size, '\0');

std::string file_member(const std::string &path, const std::string &content) {
    return tar_header(TarType::file, path, content.size(), 0644, 0) + content +
           std::string(tar_padding(content.size()), '\0');
}
std::string link_member(const std::string &path, const std::string &target) {
    return tar_header(TarType::symlink, path, 0, 0777, 0, target);
}

// A header with one field written over and the checksum made right again.
std::string patched(std::string member, std::size_t at, const std::string &bytes) {
    member.replace(at, bytes.size(), bytes);
    member.replace(148, 8, "        ");
    unsigned sum = 0;
    for (std::size_t i = 0; i < tar_block; ++i) sum += static_cast<unsigned char>(member[i]);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    member.replace(148, 7, text, 7);
    return member;
}
std::string of_type(char type, const std::string &path, const std::string &content = {}) {
    return patched(file_member(path, content), 156, std::string(1, type));
}
std::string pax(const std::string &records) {
    return of_type('x', "PaxHeaders.0/entry", records);
}

class TarReader : public testing::Test {
protected:
    TarIndex read(const std::string &bytes) {
        disk_.put("x.tar", bytes);
        file_ = disk_.open("x.tar", false);
        return TarIndex(*file_);
    }
    std::string error_of(const std::string &bytes) {
        try {
            read(bytes);
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::integrity) << e.message.english();
            EXPECT_THAT(e.message.english(), HasSubstr("x.tar"));
            EXPECT_FALSE(e.remedy.empty());
            return e.message.english();
        }
        return "nothing was thrown";
    }
    std::string content(const TarIndex &index, const std::string &path) {
        const TarMember *member = index.find(path);
        return member ? read_member(*file_, *member, 1 << 20) : "not there";
    }

    test::MemoryDisk disk_;
    std::unique_ptr<File> file_;
};

TEST_F(TarReader, FindsWhatOurOwnWriterWrote) {
    const std::string deep = std::string(80, 'a') + '/' + std::string(120, 'b') + '/' + std::string(160, 'c');
    const TarIndex index = read(tar_header(TarType::directory, "d", 0, 0755, 0) + file_member("d/one", "first") +
                                file_member("empty", "") + file_member(deep, std::string(1000, 'x')) +
                                link_member("d/link", "../empty") + link_member("long", deep) + end_of_tar);
    EXPECT_EQ(index.members().size(), 6U);
    EXPECT_EQ(index.members()[0].kind, TarMember::Kind::directory);
    EXPECT_EQ(index.members()[0].path, "d");
    EXPECT_EQ(content(index, "d/one"), "first");
    EXPECT_EQ(content(index, "empty"), "");
    EXPECT_EQ(content(index, deep), std::string(1000, 'x'));
    EXPECT_EQ(content(index, "d/link"), "");
    EXPECT_EQ(content(index, "long"), std::string(1000, 'x'));
    EXPECT_EQ(index.find("d"), nullptr) << "a folder is no file";
    EXPECT_EQ(index.find("none"), nullptr);
    EXPECT_EQ(index.find(""), nullptr);
}

TEST_F(TarReader, ReadsWhatGnuTarWrites) {
    const test::Folder folder;
    const std::string deep = std::string(120, 'n');
    folder.write("plain", "plain text");
    folder.write(deep, "long name");
    for (const std::string format : {"gnu", "pax", "ustar", "v7"}) {
        const std::string names = format == "v7" || format == "ustar" ? "./plain" : "./plain ./" + deep;
        const std::string command = "cd " + folder.path().string() +
                                    " && ln -sf plain soft && ln -f plain hard && tar -cf out --format=" + format +
                                    " " + names + " soft hard && cat out";
        const TarIndex index = read(test::output_of(command));
        EXPECT_EQ(content(index, "plain"), "plain text") << format;
        EXPECT_EQ(content(index, "soft"), "plain text") << format;
        EXPECT_EQ(content(index, "hard"), "plain text") << format;
        if (names.size() > 10) {
            EXPECT_EQ(content(index, deep), "long name") << format;
        }
    }
}

TEST_F(TarReader, TakesSizesInBase256AndInExtendedHeaders) {
    const std::string big =
        patched(file_member("a", "0123456789"), 124, std::string("\x80\0\0\0\0\0\0\0\0\0\0\x0a", 12));
    EXPECT_EQ(content(read(big + end_of_tar), "a"), "0123456789");
    const std::string sized = pax("11 size=10\n") + patched(file_member("a", "0123456789"), 124, "00000000000");
    EXPECT_EQ(content(read(sized + end_of_tar), "a"), "0123456789");
    EXPECT_EQ(
        content(read(pax("15 path=long/b\n") + file_member("a", "1") + file_member("c", "2") + end_of_tar), "long/b"),
        "1")
        << "and only for the next member";
    EXPECT_EQ(content(read(pax("15 path=long/b\n") + file_member("a", "1") + file_member("c", "2") + end_of_tar), "c"),
              "2");
}

TEST_F(TarReader, BearsWithWhatIsHarmless) {
    EXPECT_EQ(content(read(file_member("a", "1")), "a"), "1") << "no blocks of zeros at the end";
    EXPECT_EQ(content(read(file_member("a", "1") + std::string(tar_block, '\0')), "a"), "1") << "only one";
    EXPECT_EQ(content(read(file_member("a", "1") + end_of_tar + "rubbish"), "a"), "1") << "rubbish behind the end";
    EXPECT_EQ(content(read(tar_header(TarType::file, "a", 1, 0644, 0) + "1"), "a"), "1") << "no padding at the end";
    EXPECT_EQ(content(read(file_member("./x//y", "1") + end_of_tar), "x/y"), "1");
    EXPECT_TRUE(read(end_of_tar).members().empty());
    EXPECT_TRUE(read("").members().empty());
    EXPECT_EQ(read(tar_header(TarType::directory, "d", 0, 0755, 0) + tar_header(TarType::directory, "d", 0, 0755, 0) +
                   end_of_tar)
                  .members()
                  .size(),
              1U)
        << "the same folder twice";
    EXPECT_EQ(read(of_type('6', "pipe") + end_of_tar).find("pipe"), nullptr) << "a pipe has no content";
    EXPECT_EQ(content(read(of_type('g', "global", "18 comment=abcdef\n") + file_member("a", "1") + end_of_tar), "a"),
              "1");
}

TEST_F(TarReader, TakesWhatTheLoadersTake) {
    const TarIndex index =
        read(tar_header(TarType::directory, "/", 0, 0755, 0) + tar_header(TarType::directory, "/d/", 0, 0755, 0) +
             file_member("/d/one", "1") + file_member("//d//two", "2") + link_member("/d/l", "/d/one") +
             patched(link_member("/hard", "/d/two"), 156, "1") + link_member("d/root", "../d/two") + end_of_tar);
    EXPECT_EQ(content(index, "d/one"), "1");
    EXPECT_EQ(content(index, "d/two"), "2");
    EXPECT_EQ(content(index, "d/l"), "1") << "a link's / is the archive's root";
    EXPECT_EQ(content(index, "hard"), "2");
    EXPECT_EQ(content(index, "d/root"), "2");
    EXPECT_EQ(index.members().size(), 6U) << "the root is no member";

    const std::string large(300'000, 'x');
    for (const std::string &twice :
         {file_member("a", large) + file_member("a", large), file_member("a", large) + file_member("./a", large),
          file_member("b", large) + link_member("a", "b") + link_member("/a", "b"),
          file_member("b", large) + patched(link_member("a", "b"), 156, "1") +
              patched(link_member("a", "b"), 156, "1")})
        EXPECT_EQ(content(read(twice + file_member("c", "3") + end_of_tar), "a"), large);
}

TEST_F(TarReader, NamesFilesWithHolesWhereTheyAreWanted) {
    const test::Folder folder;
    for (const char *format :
         {"gnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1", "pax --sparse-version=1.0"}) {
        const std::string command =
            "cd " + folder.path().string() +
            " && rm -f out holes && truncate -s 1M holes && for i in 0 2 4 6 8 10 12 14; do printf x | "
            "dd of=holes bs=64k seek=$i conv=notrunc status=none; done && echo plain > plain && "
            "tar -cSf out --format=" +
            format + " holes plain && cat out";
        const TarIndex index = read(test::output_of(command));
        EXPECT_EQ(content(index, "plain"), "plain\n") << format;
        try {
            index.find("holes");
            ADD_FAILURE() << format;
        } catch (const Error &e) {
            EXPECT_THAT(e.message.english(), HasSubstr("holes")) << format;
            EXPECT_THAT(e.remedy.english(), HasSubstr("--sparse")) << format;
        }
    }
}

TEST_F(TarReader, RefusesWhatIsHostileOrDamaged) {
    const std::string good = file_member("a", "1");
    std::string flipped = good;
    flipped[5] ^= 1;
    std::string sparse = "22 GNU.sparse.major=1\n";
    const std::pair<std::string, std::string> table[] = {
        {flipped, "checksum"},
        {std::string(512, 'x'), "checksum"},
        {good + good.substr(0, 300), "ends too early"},
        {good.substr(0, 100), "ends too early"},
        {tar_header(TarType::file, "a", 5000, 0644, 0) + "short", "ends too early"},
        {patched(good, 124, "77777777777"), "ends too early"},
        {patched(good, 124, std::string("\x80\x40\0\0\0\0\0\0\0\0\0\0", 12)), "too large"},
        {patched(good, 124, std::string(12, '\xff')), "too large"},
        {patched(good, 124, "12345x"), "not a number"},
        {file_member("../a", "1"), "leads out"},
        {file_member("a/../../b", "1"), "leads out"},
        {file_member("a/../b", "1"), "leads out"},
        {file_member("/../etc/passwd", "1"), "leads out"},
        {link_member("l", "../x"), "leads out"},
        {link_member("d/l", "../../x"), "leads out"},
        {link_member("d/l", "/../x"), "leads out"},
        {patched(link_member("d/l", "../x"), 156, "1"), "leads out"}, // the target of a hard link is not relative
        {good + file_member("a", "2"), "twice"},
        {good + file_member("a", "11"), "twice"},
        {file_member("a", std::string(200'000, 'x') + "1") + file_member("/a", std::string(200'000, 'x') + "2"),
         "twice"},
        {good + link_member("a", "b"), "twice"},
        {link_member("a", "b") + link_member("a", "c"), "twice"},
        {link_member("a", "b") + patched(link_member("a", "b"), 156, "1"), "twice"},
        {of_type('S', "a") + of_type('S', "a"), "twice"},
        {tar_header(TarType::directory, "a", 0, 0755, 0) + good, "twice"},
        {of_type('Z', "z"), "unknown kind"},
        {pax(sparse) + good + file_member("a", "1"), "twice"},
        {pax("5 a=\n") + good, "nothing was thrown"},
        {pax("99 path=x\n") + good, "broken"},
        {pax("path=x\n") + good, "broken"},
        {pax("9 path=x") + good, "broken"},
        {pax("11 size=1x\n") + good, "broken"},
        {pax("30 size=99999999999999999999\n") + good, "broken"},
        {pax("7 path\n") + good, "broken"},
        {pax("13 path=../b\n") + good, "leads out"},
        {pax(std::string("12 path=a\0b\n", 12)) + good, "leads out"},
        {pax("15 path=long/b\n"), "ends too early"},
        {patched(pax(""), 124, "00077777777"), "extended header of"},
        {of_type('L', "././@LongLink", std::string(5000, 'n')) + good, "extended header of"},
        {good + std::string(tar_block, '\0') + good, "header is empty"},
    };
    for (const auto &[bytes, expected] : table)
        EXPECT_THAT(error_of(bytes + (expected == "ends too early" ? "" : end_of_tar)), HasSubstr(expected))
            << expected;
}

TEST_F(TarReader, FollowsLinksButNotInCircles) {
    const TarIndex index = read(link_member("a", "b") + link_member("b", "c/d") + link_member("c/d", "../e") +
                                file_member("e", "end") + link_member("x", "y") + link_member("y", "x") +
                                link_member("self", "self") + link_member("out", "none") + end_of_tar);
    EXPECT_EQ(content(index, "a"), "end");
    EXPECT_EQ(index.find("out"), nullptr);
    for (const char *circle : {"x", "self"}) {
        try {
            index.find(circle);
            ADD_FAILURE() << circle;
        } catch (const Error &e) {
            EXPECT_THAT(e.message.english(), HasSubstr("circle"));
        }
    }
}

TEST_F(TarReader, HoldsNoMoreThanItsLimits) {
    EXPECT_THAT(error_of(pax("4110 path=" + std::string(4099, 'n') + "\n") + file_member("a", "1") + end_of_tar),
                HasSubstr("leads out"));
    std::string many;
    for (int i = 0; i < 5000; ++i)
        many += pax("4007 path=" + std::string(3990, 'n') + std::to_string(100000 + i) + "\n") + file_member("a", "");
    EXPECT_THAT(error_of(many + end_of_tar), HasSubstr("more members"));
    const TarIndex index = read(file_member("a", "0123456789") + end_of_tar);
    EXPECT_THROW(read_member(*file_, *index.find("a"), 9), Error);
}

// Whatever a byte becomes: an answer or an Error, nothing else.
TEST_F(TarReader, SurvivesEveryDamagedByte) {
    const std::string whole = tar_header(TarType::directory, "d", 0, 0755, 0) + pax("15 path=long/b\n") +
                              file_member("a", "content") + link_member("d/l", "../long/b") + end_of_tar;
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const char mask : {'\x01', '\x80', '\x7f'}) {
            std::string bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ mask);
            try {
                read(bytes).find("d/l");
            } catch (const Error &e) {
                ++refused;
                EXPECT_EQ(e.kind(), Kind::integrity);
            }
        }
    EXPECT_GT(refused, 3 * 512 * 2);
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        try {
            read(whole.substr(0, size));
        } catch (const Error &) {
        }
    }
}

} // namespace
} // namespace ferry::core
