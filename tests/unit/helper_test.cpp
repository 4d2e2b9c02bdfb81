// Credential helpers: which one is asked, how it is run, and what its answers mean.
#include "cli/commands/credential_helper.h"

#include "core/base/error.h"
#include "support/folder.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <signal.h>

namespace ferry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string shown(const core::Credentials &login) {
    return login.username + "|" + login.secret + "|" + login.identity_token;
}

struct Asked {
    std::vector<std::string> calls;
    AskHelper as_function(const std::optional<core::Credentials> &answer) {
        return [this, answer](const std::string &name, const std::string &server) {
            calls.push_back(name + " " + server);
            return answer;
        };
    }
};

TEST(Keychain, AsksTheHelperOfTheRegistryThenTheStoreThenTheFile) {
    const Logins file = parse_logins(R"({"credsStore":"desktop","credHelpers":{"a.example":"own"},
        "auths":{"a.example":{"auth":"bWU6cHc="},"b.example":{"auth":"bWU6cHc="}}})",
                                     "config.json");
    core::Log log;
    Asked asked;
    Keychain found({file}, asked.as_function(core::Credentials{"u", "s", ""}), log);
    EXPECT_EQ(shown(found.find("a.example")), "u|s|");
    EXPECT_EQ(shown(found.find("b.example")), "u|s|");
    EXPECT_EQ(shown(found.find("registry-1.docker.io")), "u|s|");
    EXPECT_THAT(asked.calls, ElementsAre("own a.example", "desktop b.example", "desktop https://index.docker.io/v1/"));
    asked.calls.clear();
    Keychain unknown({file}, asked.as_function(std::nullopt), log);
    EXPECT_EQ(shown(unknown.find("a.example")), "me|pw|") << "what no helper knows may stand in the file";
    EXPECT_EQ(shown(unknown.find("c.example")), "||");
}

TEST(Keychain, GoesThroughTheFilesInOrder) {
    core::Log log;
    Asked asked;
    Keychain both({parse_logins(R"({"auths":{"a.example":{"auth":"bWU6cHc="}}})", "1"),
                   parse_logins(R"({"credHelpers":{"a.example":"h","b.example":"h"}})", "2")},
                  asked.as_function(core::Credentials{"u", "s", ""}), log);
    EXPECT_EQ(shown(both.find("a.example")), "me|pw|");
    EXPECT_EQ(shown(both.find("b.example")), "u|s|");
    EXPECT_THAT(asked.calls, ElementsAre("h b.example"));
}

TEST(Keychain, HidesWhatItFindsFromTheLog) {
    core::Log log;
    Asked asked;
    Keychain keychain(
        {parse_logins(R"({"credsStore":"x","auths":{"a":{"auth":"bWU6ZmlsZS1zZWNyZXQ="}}})", "config.json")},
        asked.as_function(core::Credentials{"u", "helper-secret", "helper-token"}), log);
    keychain.find("b.example");
    EXPECT_THAT(
        log.scrub("file-secret helper-secret helper-token"),
        testing::AllOf(Not(HasSubstr("file-secret")), Not(HasSubstr("helper-secret")), Not(HasSubstr("helper-token"))));
}

// The whole kind: what can be wrong with one helper is a warning for the registry that is asked for, and no more.
TEST(Keychain, OfAHelperThatFailsIsAWarningAndTheNextPlaceIsAsked) {
    const std::string files[] = {R"({"credsStore":"bad","auths":{"a.example":{"auth":"bWU6cHc="}}})",
                                 R"({"credHelpers":{"a.example":"bad"},"auths":{"a.example":{"auth":"bWU6cHc="}}})"};
    for (const std::string &text : files) {
        core::Log log;
        std::vector<std::string> warnings;
        log.listen([&](std::string_view line) { warnings.emplace_back(line); });
        int asked = 0;
        Keychain keychain(
            {parse_logins(text, "config.json")},
            [&](const std::string &, const std::string &) -> std::optional<core::Credentials> {
                ++asked;
                throw core::Error(core::Kind::access, "the helper is locked", "unlock it");
            },
            log);
        EXPECT_THAT(warnings, testing::IsEmpty()) << "nobody was asked yet";
        EXPECT_EQ(shown(keychain.find("a.example")), "me|pw|") << text;
        EXPECT_THAT(warnings, ElementsAre("the helper is locked; unlock it")) << text;
        EXPECT_THAT(keychain.unusable(), HasSubstr("the helper is locked"));
        EXPECT_EQ(shown(keychain.find("b.example")), "||");
        EXPECT_EQ(warnings.size(), 1U) << "said once, and not for another registry's helper: " << text;
    }
}

TEST(Keychain, AnInterruptedHelperEndsTheCommand) {
    core::Log log;
    Keychain keychain(
        {parse_logins(R"({"credsStore":"x"})", "config.json")},
        [](const std::string &, const std::string &) -> std::optional<core::Credentials> {
            throw core::Error(core::Kind::interrupted, "interrupted");
        },
        log);
    EXPECT_THROW(keychain.find("a.example"), core::Error);
}

// Programs docker-credential-NAME in a PATH of their own.
class HelperTest : public testing::Test {
protected:
    HelperTest() {
        path_ = std::getenv("PATH");
        ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
        ::setenv("FERRY_PASSWORD", "never-for-helpers", 1);
        ::signal(SIGPIPE, SIG_IGN); // as the program does
    }
    ~HelperTest() override {
        ::setenv("PATH", path_.c_str(), 1);
        ::unsetenv("FERRY_PASSWORD");
    }
    void make(const std::string &name, const std::string &script) {
        const auto file = folder_.path() / ("docker-credential-" + name);
        std::ofstream(file) << "#!/bin/sh\n" << script;
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    core::Error failure(const std::string &name, int patience_ms = 20'000) {
        try {
            ask_helper(name, "a.example", patience_ms);
        } catch (const core::Error &e) {
            return e;
        }
        return {core::Kind::other, "nothing was thrown"};
    }

private:
    test::Folder folder_;
    std::string path_;
};

TEST_F(HelperTest, IsToldTheServerOnItsInputAndAnswersInJson) {
    make(
        "good",
        R"(read server; [ "$1" = get ] || exit 9; printf '{"ServerURL":"%s","Username":"me","Secret":"for %s"}' "$server" "$server")");
    EXPECT_EQ(shown(*ask_helper("good", "a.example")), "me|for a.example|");
}

TEST_F(HelperTest, MayAnswerWithAnIdentityToken) {
    make("token", R"(echo '{"Username":"<token>","Secret":"refresh"}')");
    EXPECT_EQ(shown(*ask_helper("token", "a.example")), "<token>||refresh");
}

TEST_F(HelperTest, ThatKnowsNoLoginMeansNoLogin) {
    make("empty", "echo 'credentials not found in native keychain'; exit 1");
    EXPECT_EQ(ask_helper("empty", "a.example"), std::nullopt);
}

TEST_F(HelperTest, ThatIsNotThereIsNamed) {
    const core::Error e = failure("not-there");
    EXPECT_EQ(e.kind(), core::Kind::access);
    EXPECT_THAT(e.message.english(), HasSubstr("docker-credential-not-there is not installed"));
}

TEST_F(HelperTest, ThatFailsOtherwiseIsReportedInItsWords) {
    make("locked", "echo 'the keychain is locked'; exit 1");
    const core::Error e = failure("locked");
    EXPECT_EQ(e.kind(), core::Kind::access);
    EXPECT_THAT(e.message.english(),
                HasSubstr("docker-credential-locked failed for a.example: the keychain is locked"));
    make("killed", "kill -9 $$");
    EXPECT_EQ(failure("killed").kind(), core::Kind::access);
}

TEST_F(HelperTest, NeverShowsWhatMayBeASecret) {
    for (const char *script : {R"(echo '{"Username":"me","Secret":"hunter2"'; exit 0)",
                               R"(echo '{"Secret":"hunter2"}'; exit 1)", R"(echo 'hunter2')"}) {
        make("leaky", script);
        const core::Error e = failure("leaky");
        EXPECT_EQ(e.kind(), core::Kind::access) << script;
        EXPECT_THAT(e.message.english() + e.remedy.english(), Not(HasSubstr("hunter2"))) << script;
    }
}

TEST_F(HelperTest, IsEndedWithItsChildrenWhenItsTimeIsOver) {
    make("slow", "sleep 1000 & sleep 1000");
    const core::Error e = failure("slow", 300);
    EXPECT_EQ(e.kind(), core::Kind::access);
    EXPECT_THAT(e.message.english(), HasSubstr("gave no answer"));
    make("mute", "exec >&-; sleep 1000"); // closes its output and stays
    EXPECT_THAT(failure("mute", 300).message.english(), HasSubstr("gave no answer"));
}

TEST_F(HelperTest, GetsNoPasswordOfFerrysAndNoShell) {
    make("nosy", R"(printf '{"Username":"me","Secret":"%s|%s"}' "$FERRY_PASSWORD" "$*")");
    EXPECT_EQ(shown(*ask_helper("nosy", "a.example")), "me||get|");
    const std::string trap = (std::filesystem::temp_directory_path() / "ferry-helper-trap").string();
    const core::Error e = failure("x; touch " + trap);
    EXPECT_EQ(e.kind(), core::Kind::usage);
    EXPECT_FALSE(std::filesystem::exists(trap));
    EXPECT_EQ(failure("../evil").kind(), core::Kind::usage);
}

TEST_F(HelperTest, ThatReadsNothingOrAnswersWithoutEndDoesNoHarm) {
    make("deaf", R"(exec <&-; echo '{"Username":"me","Secret":"s"}')");
    EXPECT_EQ(shown(*ask_helper("deaf", std::string(4000, 'x'))), "me|s|");
    make("endless", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");
    EXPECT_EQ(failure("endless").kind(), core::Kind::access);
}

} // namespace
} // namespace ferry::cli
