// Which variables set which proxy; settings that nobody can look for.
#include "cli/line/settings.h"
#include "core/base/error.h"
#include "support/folder.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace ferry::cli {
namespace {

using Variables = std::map<std::string, std::string>;

TEST(ProxySettings, FollowFlagsThenVariablesInLowerThenUpperCase) {
    const struct {
        const char *proxy, *no_proxy;
        Variables variables;
        const char *http, *https, *all, *none;
    } table[] = {
        {"", "", {}, "", "", "", ""},
        {"",
         "",
         {{"http_proxy", "h"}, {"https_proxy", "s"}, {"all_proxy", "a"}, {"no_proxy", "n"}},
         "h",
         "s",
         "a",
         "n"},
        {"",
         "",
         {{"HTTP_PROXY", "h"}, {"HTTPS_PROXY", "s"}, {"ALL_PROXY", "a"}, {"NO_PROXY", "n"}},
         "h",
         "s",
         "a",
         "n"},
        {"",
         "",
         {{"HTTP_PROXY", "H"}, {"http_proxy", "h"}, {"HTTPS_PROXY", "S"}, {"https_proxy", "s"}},
         "h",
         "s",
         "",
         ""},
        {"", "", {{"NO_PROXY", "N"}, {"no_proxy", "n"}, {"ALL_PROXY", "A"}, {"all_proxy", "a"}}, "", "", "a", "n"},
        {"", "", {{"http_proxy", ""}, {"HTTP_PROXY", "H"}}, "H", "", "", ""},
        // Under CGI, HTTP_PROXY may be the header `Proxy:` of a client.
        {"", "", {{"HTTP_PROXY", "H"}, {"HTTPS_PROXY", "S"}, {"REQUEST_METHOD", "GET"}}, "", "S", "", ""},
        {"", "", {{"http_proxy", "h"}, {"HTTP_PROXY", "H"}, {"REQUEST_METHOD", "GET"}}, "h", "", "", ""},
        {"p", "", {{"http_proxy", "h"}, {"all_proxy", "a"}, {"no_proxy", "n"}}, "p", "p", "", "n"},
        {"p", "x", {{"no_proxy", "n"}}, "p", "p", "", "x"},
        {"", "x", {{"HTTPS_PROXY", "s"}, {"no_proxy", "n"}}, "", "s", "", "x"},
    };
    for (const auto &row : table) {
        Variables got = proxy_settings(row.proxy, row.no_proxy, [&](const char *name) {
            const auto found = row.variables.find(name);
            return found == row.variables.end() ? std::string() : found->second;
        });
        EXPECT_EQ(got["http_proxy"], row.http);
        EXPECT_EQ(got["https_proxy"], row.https);
        EXPECT_EQ(got["all_proxy"], row.all);
        EXPECT_EQ(got["no_proxy"], row.none);
    }
}

// The folder of another user behaves like this: looking for a file in it fails.
TEST(Settings, InAFolderThatCannotBeLookedIntoAreAsGoodAsNone) {
    const test::Folder folder;
    std::filesystem::create_symlink("loop", folder.path() / "loop");
    for (const std::string &path :
         {(folder.path() / "loop/ferry.properties").string(), folder.path().string() + "/" + std::string(300, 'x')}) {
        EXPECT_TRUE(read_settings(path, false).empty()) << path;
        EXPECT_THROW(read_settings(path, true), core::Error) << path;
    }
}

} // namespace
} // namespace ferry::cli
