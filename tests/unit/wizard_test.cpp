// The questions of `ferry` without an image.
#include "cli/commands/wizard.h"

#include "core/base/error.h"

#include <gmock/gmock.h>

namespace ferry::cli {
namespace {

using core::Error;
using core::Kind;
using core::PullRequest;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// Answers from a list; "(" begins one that is only given to a hidden question.
class Script final : public Respondent {
public:
    explicit Script(std::vector<std::string> answers) : answers_(std::move(answers)) {}
    std::optional<std::string> answer(const std::string &question) override { return next(question, false); }
    std::optional<std::string> secret(const std::string &question) override { return next(question, true); }
    void tell(const std::string &line) override { told.push_back(line); }

    std::vector<std::string> asked, told;

private:
    std::optional<std::string> next(const std::string &question, bool hidden) {
        asked.push_back(question);
        if (at_ == answers_.size()) return std::nullopt;
        const std::string answer = answers_[at_++];
        EXPECT_EQ(answer.rfind("(", 0) == 0, hidden) << question;
        return hidden ? answer.substr(1) : answer;
    }
    std::vector<std::string> answers_;
    std::size_t at_ = 0;
};

Choices choices() {
    return {[](const PullRequest &) {
                return std::vector<std::string>{"linux/amd64", "linux/arm64/v8"};
            },
            {{"docker", "the layout of docker save"}, {"oci", "an OCI layout"}, {"synology", ""}}};
}

TEST(Wizard, AsksForImageRegistryUserTagPlatformAndFormat) {
    Script person({"nginx", "registry.example", "bob", "(s3cret", "1.21", "2", "docker"});
    PullRequest request;
    ask_all(request, person, choices());
    EXPECT_THAT(person.asked,
                ElementsAre("Image, for example nginx:1.21 or team/app: ", "Registry [registry-1.docker.io]: ",
                            "User name [none]: ", "Password of bob: ", "Tag [latest]: ", "Platform [linux/amd64]: ",
                            "Format [synology]: "));
    EXPECT_THAT(request.images, ElementsAre("nginx:1.21"));
    EXPECT_EQ(request.registry, "registry.example");
    EXPECT_EQ(request.credentials.username, "bob");
    EXPECT_EQ(request.credentials.secret, "s3cret");
    EXPECT_EQ(request.platform, "linux/arm64/v8");
    EXPECT_EQ(request.format, "docker");
    EXPECT_THAT(person.told, Contains("  2) linux/arm64/v8"));
    EXPECT_THAT(person.told.back(),
                HasSubstr("ferry nginx:1.21 -a linux/arm64/v8 -r registry.example -u bob -f docker"));
    for (const std::string &line : person.told) EXPECT_EQ(line.find("s3cret"), line.npos);
}

TEST(Wizard, EnterTakesTheDefaultsAndWhatWasTypedIsNotAskedAgain) {
    Script person({"quay.io/team/app:2", "", "", ""});
    PullRequest request;
    ask_all(request, person, choices());
    EXPECT_THAT(person.asked, ElementsAre(HasSubstr("Image"),
                                          "User name [none]: ", "Platform [linux/amd64]: ", "Format [synology]: "))
        << "a name with a host and a tag needs neither";
    EXPECT_THAT(request.images, ElementsAre("quay.io/team/app:2"));
    EXPECT_EQ(request.platform, "linux/amd64");
    EXPECT_EQ(request.format, "synology");
}

TEST(Wizard, WhatCannotBeIsExplainedAndAskedForAgain) {
    Script person({"", "UPPER/Case", "nginx", "not a host", "", "", "-bad", "", "7", "arm46", "linux/arm64/v8",
                   "sinology", "oci"});
    PullRequest request;
    ask_all(request, person, choices());
    EXPECT_THAT(person.told, Contains(HasSubstr("repositories are lower case")));
    EXPECT_THAT(person.told, Contains(HasSubstr("'-bad' is not a tag")));
    EXPECT_THAT(person.told, Contains(HasSubstr("'7' is none of these")));
    EXPECT_THAT(person.told, Contains(HasSubstr("did you mean synology?")));
    EXPECT_THAT(request.images, ElementsAre("nginx:latest"));
    EXPECT_EQ(request.platform, "linux/arm64/v8");
    EXPECT_EQ(request.format, "oci");
}

TEST(Wizard, ARefusalOfTheRegistryLeadsBackToTheQuestions) {
    int lookups = 0;
    Choices some = choices();
    some.platforms = [&](const PullRequest &request) -> std::vector<std::string> {
        if (++lookups == 1) throw Error(Kind::access, "wants a login", "give one");
        EXPECT_EQ(request.credentials.username, "bob");
        return {"linux/arm/v7"};
    };
    Script person({"team/app:1", "", "", "", "", "bob", "(pw", "", ""});
    PullRequest request;
    ask_all(request, person, some);
    EXPECT_EQ(lookups, 2);
    EXPECT_THAT(person.asked, Contains("Image [team/app:1]: "));
    EXPECT_THAT(person.told, Contains("wants a login"));
    EXPECT_EQ(request.platform, "linux/arm/v7") << "there is no other";
}

TEST(Wizard, TheThirdRefusalIsFinalAndANetworkFailureAtOnce) {
    for (const auto &[kind, most] : {std::pair(Kind::not_found, 3), std::pair(Kind::network, 1)}) {
        int lookups = 0;
        Choices some = choices();
        some.platforms = [&, k = kind](const PullRequest &) -> std::vector<std::string> {
            ++lookups;
            throw Error(k, "no");
        };
        Script person({"a:1", "", "", "", "", "", "", "", ""});
        PullRequest request;
        EXPECT_THROW(ask_all(request, person, some), Error);
        EXPECT_EQ(lookups, most);
    }
}

TEST(Wizard, APlatformIsTakenAsTheOptionTakesIt) {
    const char *const table[][2] = {
        {"arm64", "linux/arm64/v8"},      {"aarch64", "linux/arm64/v8"}, {"x86_64", "linux/amd64"},
        {"amd64", "linux/amd64"},         {"1", "linux/amd64"},          {"2", "linux/arm64/v8"},
        {"linux/arm64", "linux/arm64/v8"}};
    for (const auto &[typed, platform] : table) {
        Script person({"quay.io/team/app:2", "", typed, ""});
        PullRequest request;
        ask_all(request, person, choices());
        EXPECT_EQ(request.platform, platform) << typed;
    }
    for (const char *typed : {"arm", "s390x", "a/b/c/d/e", "windows", "0", "3"}) {
        Script person({"quay.io/team/app:2", "", typed, "amd64", ""});
        PullRequest request;
        ask_all(request, person, choices());
        EXPECT_THAT(person.told, Contains(HasSubstr("'" + std::string(typed) + "' is none of these"))) << typed;
    }
}

TEST(Wizard, FormatsAreListedWithWhatTheyAre) {
    Script person({"quay.io/team/app:2", "", "", ""});
    PullRequest request;
    ask_all(request, person, choices());
    EXPECT_THAT(person.told, Contains("  1) docker    the layout of docker save"));
    EXPECT_THAT(person.told, Contains("  2) oci       an OCI layout"));
    EXPECT_THAT(person.told, Contains("  3) synology"));
}

TEST(Wizard, TheCommandThatItNamesCanBeCopiedIntoAShell) {
    PullRequest request;
    request.images = {"nginx:1"};
    request.output = "my images/it's";
    request.credentials.username = "robot$ci";
    EXPECT_EQ(command_line(request), "ferry nginx:1 -a amd64 -u 'robot$ci' -o 'my images/it'\\''s'");
}

TEST(Wizard, TheEndOfTheAnswersIsAUsageError) {
    for (const std::vector<std::string> &answers : {std::vector<std::string>{}, {"nginx"}, {"nginx", ""}}) {
        Script person(answers);
        PullRequest request;
        try {
            ask_all(request, person, choices());
            FAIL();
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::usage);
        }
    }
}

} // namespace
} // namespace ferry::cli
