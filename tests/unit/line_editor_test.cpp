// What a question at a terminal makes of keys.
#include "cli/line/line_editor.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

struct Typed {
    std::optional<std::string> line;
    std::string screen; // what the terminal was sent
    bool done;
};

Typed typed(std::string_view keys, bool shown = true) {
    LineEditor editor(shown);
    std::string screen;
    for (const char key : keys) {
        if (editor.done()) break;
        screen += editor.take(key);
    }
    return {editor.line(), screen, editor.done()};
}

TEST(LineEditor, TakesALineAndShowsIt) {
    const Typed one = typed("nginx:1.21\n");
    EXPECT_EQ(one.line, "nginx:1.21");
    EXPECT_EQ(one.screen, "nginx:1.21\n");
    EXPECT_TRUE(one.done);
    EXPECT_FALSE(typed("nginx").done);
    EXPECT_EQ(typed("\r").line, "");
    EXPECT_EQ(typed("摆渡\n").screen, "摆渡\n");
}

TEST(LineEditor, KeysThatMeanNothingLeaveNoTrace) {
    for (const char *key : {"\x1B[A", "\x1B[B", "\x1B[C", "\x1B[D", "\x1B[H", "\x1B[F", "\x1B[5~", "\x1B[3~", "\x1BOP",
                            "\x1B[15~", "\x1B[1;5C", "\x1BOA", "\x1B[200~",
                            "\x1B"
                            "b",
                            "\x01", "\x09", "\x0C", "\x1F"}) {
        const Typed one = typed(std::string("a") + key + "b\n");
        EXPECT_EQ(one.line, "ab") << key;
        EXPECT_EQ(one.screen, "ab\n") << key;
    }
}

TEST(LineEditor, EscapeAloneSwallowsNothingThatIsTypedLater) {
    LineEditor editor(true);
    editor.take('a');
    editor.take('\x1B');
    editor.pause();
    EXPECT_EQ(editor.take('b'), "b");
    EXPECT_EQ(editor.line(), "ab");
}

TEST(LineEditor, BackspaceTakesACharacterOfAnyWidth) {
    const struct {
        const char *keys, *line, *screen;
    } table[] = {{"ab\x7F\n", "a", "ab\b \b\n"},
                 {"ab\b\n", "a", "ab\b \b\n"},
                 {"摆渡\x7F\n", "摆", "摆渡\b \b\b \b\n"},
                 {"é\x7F\n", "", "é\b \b\n"},
                 {"\x7F\x7F"
                  "a\n",
                  "a", "a\n"},
                 {"one two\x17\n", "one ", "one two\b \b\b \b\b \b\n"},
                 {"one  \x17x\n", "x", "one  \b \b\b \b\b \b\b \b\b \bx\n"},
                 {"abc\x15"
                  "d\n",
                  "d", "abc\b \b\b \b\b \bd\n"}};
    for (const auto &[keys, line, screen] : table) {
        EXPECT_EQ(typed(keys).line, line);
        EXPECT_EQ(typed(keys).screen, screen);
    }
}

TEST(LineEditor, CtrlDEndsTheInputOnAnEmptyLineOnly) {
    EXPECT_EQ(typed("\x04").line, std::nullopt);
    EXPECT_TRUE(typed("\x04").done);
    EXPECT_EQ(typed("a\x04"
                    "b\n")
                  .line,
              "ab");
}

TEST(LineEditor, ASecretIsNotShownAndHoldsNoArrowKeys) {
    const Typed one = typed("pa\x1B[A\x7F"
                            "ss摆\n",
                            false);
    EXPECT_EQ(one.line, "pss摆");
    EXPECT_EQ(one.screen, "\n");
}

TEST(LineEditor, BytesThatAreNotUtf8DoNotReachTheScreenAsTheyAre) {
    EXPECT_EQ(typed("a\xC2\x9B"
                    "b\n")
                  .screen,
              "a?b\n"); // U+009B is a C1 control character
    const Typed broken = typed("\xE6"
                               "b\n");
    EXPECT_EQ(broken.line, "\xE6"
                           "b");
    EXPECT_EQ(broken.screen, "?b\n");
}

} // namespace
} // namespace ferry::cli
