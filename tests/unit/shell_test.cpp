#include "cli/show/shell.h"

#include <gtest/gtest.h>

namespace ferry::cli {
namespace {

TEST(ShellWord, IsQuotedWhereAShellWouldReadItOtherwise) {
    const struct {
        const char *text, *word;
    } table[] = {{"./output/nginx_1.21_amd64.tar", "./output/nginx_1.21_amd64.tar"},
                 {"registry.example:5000/a@sha256:0", "registry.example:5000/a@sha256:0"},
                 {"镜像.tar", "镜像.tar"},
                 {"", "''"},
                 {"my images/a.tar", "'my images/a.tar'"},
                 {"it's.tar", "'it'\\''s.tar'"},
                 {"$(reboot)", "'$(reboot)'"},
                 {"a;b", "'a;b'"},
                 {"~/a", "'~/a'"},
                 {"a\"b", "'a\"b'"},
                 {"a\\b", "'a\\b'"},
                 {"*.tar", "'*.tar'"},
                 {"a\nb", "'a\nb'"},
                 {"{a,b}", "'{a,b}'"},
                 {"#a", "'#a'"},
                 {"!1", "'!1'"}};
    for (const auto &[text, word] : table) EXPECT_EQ(shell_word(text), word);
    EXPECT_EQ(single_quoted("plain"), "'plain'");
}

} // namespace
} // namespace ferry::cli
