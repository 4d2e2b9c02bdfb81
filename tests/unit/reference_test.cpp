#include "core/base/error.h"
#include "core/image/reference.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::HasSubstr;

const std::string hex(64, 'a');
const std::string digest = "sha256:" + hex;

std::string shown(const Reference &r) {
    return (r.registry.plain_http() ? "http://" : "") + r.registry.str() + ' ' + r.repository + ' ' + r.tag + ' ' +
           r.digest + (r.default_host ? " default" : "");
}

TEST(Reference, IsSplitAsItIsTyped) {
    const std::string table[][2] = {
        {"nginx", "hub nginx latest  default"},
        {"nginx:1.21", "hub nginx 1.21  default"},
        {"library/nginx", "hub library/nginx latest  default"},
        {"docker.io/nginx", "docker.io nginx latest "},
        {"index.docker.io/library/nginx", "index.docker.io library/nginx latest "},
        {"registry-1.docker.io/library/nginx:1", "registry-1.docker.io library/nginx 1 "},
        {"myhost/app", "hub myhost/app latest  default"},
        {"localhost/app", "localhost app latest "},
        {"localhost:5000/app:2", "localhost:5000 app 2 "},
        {"host:5000/app", "host:5000 app latest "},
        {"a.b/app", "a.b app latest "},
        {"A.Example/app", "A.Example app latest "},
        {"127.0.0.1:5000/a/b/c", "127.0.0.1:5000 a/b/c latest "},
        {"[::1]:5000/x", "[::1]:5000 x latest "}, // an IPv6 address
        {"[fe80::1]/x:y", "[fe80::1] x y "},
        {"http://host:5000/app:1", "http://host:5000 app 1 "},
        {"http://nas/app", "http://nas app latest "},
        {"https://nas/app", "nas app latest "},
        {"nginx@" + digest, "hub nginx  " + digest + " default"},
        {"nginx:1.21@" + digest, "hub nginx 1.21 " + digest + " default"},
        {"host:5000/app:1@" + digest, "host:5000 app 1 " + digest},
        {"a@sha512:" + hex + hex, "hub a  sha512:" + hex + hex + " default"},
        {"a.b_c__d-e---f/0", "a.b_c__d-e---f 0 latest "},
        {"x:A_b.c-D", "hub x A_b.c-D  default"},
        {"x:_", "hub x _  default"},
        {"x:" + std::string(128, 't'), "hub x " + std::string(128, 't') + "  default"},
        {"host:5000", "hub host 5000  default"}, // as docker reads it
    };
    for (const auto &[text, expected] : table) EXPECT_EQ(shown(parse_reference(text, "hub")), expected) << text;
}

TEST(Reference, ThatCannotBeMeantIsAUsageErrorThatRepeatsIt) {
    const std::string table[] = {"",
                                 " ",
                                 " nginx",
                                 "nginx ",
                                 "/",
                                 "/nginx",
                                 "nginx/",
                                 "a//b",
                                 ":",
                                 ":1",
                                 "nginx:",
                                 "nginx:-1",
                                 "nginx:.1",
                                 "nginx:a b",
                                 "nginx:a/b",
                                 "nginx:1:2",
                                 "nginx:" + std::string(129, 't'),
                                 "@",
                                 "nginx@",
                                 "nginx@sha256",
                                 "nginx@sha256:" + hex.substr(1),
                                 "nginx@md5:" + hex,
                                 "nginx@sha256:" + std::string(64, 'A'),
                                 "nginx@" + digest + "@" + digest,
                                 "@" + digest,
                                 "nginx@" + digest + ":1",
                                 "-a",
                                 "a-",
                                 "_a",
                                 "a_",
                                 ".a",
                                 "a.",
                                 "a..b",
                                 "a___b",
                                 "a._b",
                                 "a-_b",
                                 "a/../b",
                                 "../a",
                                 "a/./b",
                                 "a\\b",
                                 "a%2fb",
                                 "a?b",
                                 "a\nb",
                                 "\xC3\xBC",
                                 "host:/a",
                                 "host:x/a",
                                 "host:65536/a",
                                 "host:0/a",
                                 "host:123456/a",
                                 "[::1/a",
                                 "[::1]x/a",
                                 "[zz]/a",
                                 "[]:1/a",
                                 "a.b/",
                                 "http://nginx",
                                 "http://",
                                 "http:///a",
                                 "https://host/",
                                 "ftp://host/a",
                                 "host.example/" + std::string(256, 'a')};
    for (const std::string &text : table) {
        try {
            const Reference reference = parse_reference(text, "hub");
            ADD_FAILURE() << "'" << text << "' is read as " << shown(reference);
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::usage) << text;
            EXPECT_THAT(e.message.english(), HasSubstr("'" + text + "'"));
            EXPECT_FALSE(e.remedy.empty()) << text;
        }
    }
}

std::string suggestion(const std::string &text) {
    try {
        parse_reference(text, "hub");
    } catch (const Error &e) {
        return e.remedy.english();
    }
    return "nothing was thrown";
}

TEST(Reference, InUpperCaseGetsASuggestion) {
    EXPECT_THAT(suggestion("Nginx"), HasSubstr("nginx?"));
    EXPECT_THAT(suggestion("host.example/Team/App:1"), HasSubstr("host.example/team/app:1?"));
}

TEST(Reference, IsSuggestedWithItsTagAsTyped) { // a tag's case has meaning
    EXPECT_THAT(suggestion("Nginx:1.21-Alpine"), HasSubstr("nginx:1.21-Alpine?"));
}

TEST(Reference, TakesTheDefaultRegistryForNamesWithoutHost) {
    const char *const table[][2] = {{"reg.example", "reg.example"},
                                    {"reg.example:5000", "reg.example:5000"},
                                    {"http://reg:5000/", "http://reg:5000"},
                                    {"https://reg.example//", "https://reg.example"},
                                    {"[::1]:5000", "[::1]:5000"}};
    for (const auto &[given, expected] : table)
        EXPECT_EQ(parse_reference("a/b", given).registry.typed(), expected) << given;
    for (const char *given : {"", "http://", "reg.example/mirror", "reg example", "reg:x", "reg:65536"}) {
        try {
            parse_reference("nginx", given);
            ADD_FAILURE() << given;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::usage) << given;
        }
    }
}

TEST(Reference, KeepsTheNameThatWasTyped) {
    const std::string table[][2] = {{"nginx:1", "nginx"},
                                    {"docker.io/nginx@" + digest, "docker.io/nginx"},
                                    {"http://nas:5000/a/b:1", "nas:5000/a/b"}};
    for (const auto &[text, expected] : table) EXPECT_EQ(parse_reference(text, "hub").name, expected);
}

TEST(Reference, ShowsItselfWithoutScheme) {
    EXPECT_EQ(parse_reference("http://nas:5000/a:1@" + digest, "hub").str(), "nas:5000/a:1@" + digest);
    EXPECT_EQ(parse_reference("a", "http://hub").str(), "hub/a:latest");
}

TEST(Tag, IsWhatTheGrammarSays) {
    for (const char *tag : {"a", "A", "0", "_", "1.2-x_Y", "latest"}) EXPECT_TRUE(valid_tag(tag)) << tag;
    for (const char *tag : {"", ".a", "-a", "a/b", "a:b", "a@b", "a b", "a+b", "\xC3\xBC"})
        EXPECT_FALSE(valid_tag(tag)) << tag;
}

TEST(ArchiveName, IsCompletedToWhatDockerLoads) {
    const std::string table[][3] = {
        {"app", "1.2", "app:1.2"},
        {"app", "", "app:latest"},
        {"app:9", "1.2", "app:9"},
        {"library/app", "1", "library/app:1"},
        {"host.example:5000/team/app", "1", "host.example:5000/team/app:1"},
        {"host.example:5000/team/app:2", "1", "host.example:5000/team/app:2"},
        {"http://host.example/app:2", "1", "host.example/app:2"},
    };
    for (const auto &[text, tag, expected] : table) EXPECT_EQ(archive_name(text, tag), expected) << text;
}

TEST(ArchiveName, OfWhatWasTypedIsThatWithoutItsScheme) {
    const std::pair<const char *, const char *> table[] = {
        {"app", "app:latest"},
        {"library/app:2", "library/app:2"},
        {"host.example:5000/team/app:2", "host.example:5000/team/app:2"},
        {"http://host.example/app", "host.example/app:latest"},
        {"https://corp/app:1", "corp/app:1"}, // a repository of docker.io to whoever loads it
    };
    for (const auto &[text, name] : table) EXPECT_EQ(archive_name(parse_reference(text, "r")), name) << text;
    for (const char *text : {"http://HOST/app", "https://-/app", "[::1]:5000/app"})
        EXPECT_THROW(archive_name(parse_reference(text, "r")), Error) << text;
    EXPECT_EQ(archive_name(parse_reference("app", "[::1]:5000")), "app:latest") << "its name has no host";
}

TEST(ArchiveName, TypedWithASchemeGetsTheTagToo) {
    EXPECT_EQ(archive_name("http://host.example/app", "1.2"), "host.example/app:1.2");
}

TEST(ArchiveName, IsNothingThatDockerRefuses) {
    for (const std::string &text :
         {"app@" + digest, std::string("[::1]:5000/app"), std::string("App"), std::string("app:"), std::string(""),
          std::string("a b"), std::string("http://HOST/app"), std::string("https://-/app")}) {
        try {
            ADD_FAILURE() << archive_name(text, "1");
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::usage) << text;
        }
    }
}

TEST(ArchiveFileName, IsSafeOnEveryFileSystem) {
    const struct {
        const char *repository, *tag, *digest, *architecture;
        std::string expected;
    } table[] = {
        {"library/nginx", "1.21", "", "amd64", "nginx_1.21_amd64.tar"},
        {"nginx", "latest", "", "arm_v7", "nginx_latest_arm_v7.tar"},
        {"team/sub/app", "1", "", "amd64", "team_sub_app_1_amd64.tar"},
        {"library/a/b", "1", "", "amd64", "a_b_1_amd64.tar"},
        {"my/library/a", "1", "", "amd64", "my_library_a_1_amd64.tar"},
        {"app", "", "sha256:0123456789abcdef", "amd64", "app_sha256-0123456789ab_amd64.tar"},
        {"app", "", "sha512:0123456789abcdef", "amd64", "app_sha512-0123456789ab_amd64.tar"},
        {"app", "1", "sha256:0123456789abcdef", "amd64", "app_1_amd64.tar"},
        {"app", "1", "", "windows_amd64", "app_1_windows_amd64.tar"},
        {"app", "1", "", "linux/amd64:x\\y", "app_1_linux_amd64_x_y.tar"}, // topcss#18
    };
    for (const auto &one : table)
        EXPECT_EQ(archive_file_name({{{}, "host"}, one.repository, one.tag, one.digest, {}}, one.architecture, ".tar"),
                  one.expected);
}

TEST(ArchiveFileName, IsCutWithoutMeetingAnother) {
    const auto name = [](char last) {
        return archive_file_name({{{}, "host"}, std::string(254, 'a') + last, std::string(128, 't'), "", {}}, "amd64",
                                 ".tar");
    };
    EXPECT_LE(name('b').size(), 204U);
    EXPECT_NE(name('b'), name('c'));
    EXPECT_EQ(name('b'), name('b'));
    EXPECT_EQ(name('b').substr(name('b').size() - 4), ".tar");
}

} // namespace
} // namespace ferry::core
