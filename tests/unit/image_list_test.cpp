// The list of --from.
#include "cli/commands/image_list.h"

#include "core/base/error.h"
#include "support/folder.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace ferry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> shown(std::string_view bytes) {
    std::vector<std::string> out;
    for (const core::ListedImage &one : parse_image_list(bytes, "l.txt")) out.push_back(one.image + " @ " + one.place);
    return out;
}

std::string utf16(const std::u16string &text, bool big, bool mark) {
    std::string out;
    for (const char16_t unit : (mark ? u"\xFEFF" : u"") + text) {
        const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
        out += big ? high : low;
        out += big ? low : high;
    }
    return out;
}

TEST(ImageList, IsAnImageALineWithItsPlace) {
    EXPECT_THAT(shown("# for the NAS\na:1\n\n\t b/c:2  \t\nd # the last\n#e"),
                ElementsAre("a:1 @ l.txt, line 2", "b/c:2 @ l.txt, line 4", "d @ l.txt, line 5"));
    EXPECT_THAT(shown("a"), ElementsAre("a @ l.txt, line 1"));
    EXPECT_THAT(shown(""), ElementsAre());
    EXPECT_THAT(shown("a b"), ElementsAre("a b @ l.txt, line 1")) << "whose place is named when it is refused";
}

TEST(ImageList, EndsItsLinesAsAnySystemDoes) {
    for (const char *text : {"a\n\nb\n", "a\r\n\r\nb\r\n", "a\r\rb\r", "a\n\nb"})
        EXPECT_THAT(shown(text), ElementsAre("a @ l.txt, line 1", "b @ l.txt, line 3")) << text;
}

TEST(ImageList, MayBeUtf8OrUtf16WithOrWithoutAMark) {
    EXPECT_THAT(shown("\xEF\xBB\xBF"
                      "a:1\nb"),
                ElementsAre("a:1 @ l.txt, line 1", "b @ l.txt, line 2"));
    EXPECT_THAT(shown("\xEF\xBB\xBF"), ElementsAre());
    for (const bool big : {false, true})
        for (const bool mark : {false, true})
            EXPECT_THAT(shown(utf16(u"a:1\r\n# 摆渡 \xD83D\xDE00\r\nb\r\n", big, mark)),
                        ElementsAre("a:1 @ l.txt, line 1", "b @ l.txt, line 3"));
    EXPECT_THAT(shown(utf16(u"摆\xD83D\xDE00", false, true)), ElementsAre("摆😀 @ l.txt, line 1"));
    EXPECT_THAT(shown(utf16(u"a\xD83D", false, true)), ElementsAre("a\xEF\xBF\xBD @ l.txt, line 1")) << "half a pair";
}

TEST(ImageList, ThatIsNotATextIsRefused) {
    for (const std::string &bytes : {std::string("\x1F\x8B\x08\0\0\0", 6), std::string("a\nb\0\0c", 6)}) {
        try {
            parse_image_list(bytes, "l.txt");
            ADD_FAILURE();
        } catch (const core::Error &e) {
            EXPECT_EQ(e.kind(), core::Kind::usage);
            EXPECT_THAT(e.message.english(), HasSubstr("l.txt"));
        }
    }
}

TEST(ImageList, ThatCannotBeReadOrNamesNothingSaysSo) {
    const test::Folder folder;
    const std::string missing = folder.path() / "none", empty = folder.write("empty.txt", "\n# nothing\n");
    const struct {
        std::string path;
        const char *words;
    } table[] = {{missing, "No such file"},
                 {folder.path(), "Is a directory"},
                 {empty, "names no image"},
                 {folder.write("zero.txt", ""), "names no image"}};
    for (const auto &[path, words] : table) {
        try {
            read_image_list(path);
            ADD_FAILURE() << path;
        } catch (const core::Error &e) {
            EXPECT_EQ(e.kind(), core::Kind::usage);
            EXPECT_THAT(e.message.english(), testing::AllOf(HasSubstr(path), HasSubstr(words)));
        }
    }
}

} // namespace
} // namespace ferry::cli
