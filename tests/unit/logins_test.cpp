// Logins that docker and podman keep.
#include "cli/commands/logins.h"

#include "core/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry::cli {
namespace {

using testing::_;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string shown(const core::Credentials &login) {
    return login.username + "|" + login.secret + "|" + login.identity_token;
}

TEST(Logins, AreFoundByHostHoweverTheKeyIsWritten) {
    const Logins logins = parse_logins(R"({"auths":{
        "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldA=="},
        "reg.example:5000": {"auth": "bWU6cGE6c3M="},
        "https://old.example/v2/": {"username": "you", "password": "hidden"},
        "token.example": {"auth": "PHRva2VuPjo=", "identitytoken": "refresh"}}})",
                                       "config.json");
    const struct {
        const char *registry, *login;
    } table[] = {{"docker.io", "hub|secret|"},
                 {"registry-1.docker.io", "hub|secret|"},
                 {"index.docker.io", "hub|secret|"},
                 {"reg.example:5000", "me|pa:ss|"}, // a password may hold a colon
                 {"old.example", "you|hidden|"},
                 {"token.example", "<token>||refresh"},
                 {"reg.example", "||"}, // another port is another registry
                 {"example", "||"}};
    for (const auto &[registry, login] : table) EXPECT_EQ(shown(find_login(logins, registry)), login) << registry;
}

TEST(Logins, MayEndWithTheNulsThatOldClientsWrote) {
    const Logins logins = parse_logins(R"({"auths":{"a.example":{"auth":"bWU6cHcAAA=="}}})", "config.json");
    EXPECT_EQ(shown(find_login(logins, "a.example")), "me|pw|");
}

TEST(Logins, OfAPartOfARegistryServeWhereTheRegistryHasNone) { // podman's auth.json
    const Logins logins =
        parse_logins(R"({"auths":{"a.example/team":{"auth":"cGFydDpwdw=="},"a.example":{"auth":"bWU6cHc="},
                                                    "b.example/team":{"auth":"cGFydDpwdw=="}}})",
                     "auth.json");
    EXPECT_EQ(shown(find_login(logins, "a.example")), "me|pw|");
    EXPECT_EQ(shown(find_login(logins, "b.example")), "part|pw|");
}

TEST(Logins, OfAFileWithoutAnyAreNone) {
    for (const char *text :
         {"{}", R"({"auths":{}})", R"({"auths":null})", R"({"credHelpers":{}})", R"({"auths":{"a":{}}})"})
        EXPECT_TRUE(parse_logins(text, "config.json").empty()) << text;
}

TEST(Logins, OfAFileThatIsNotJsonAreAFaultThatNamesItAndNoSecret) {
    for (const char *text :
         {"[", "{", "hunter2", "{hunter2", R"({"auths":{"a":{"auth":"hunter2")", "[]", "[\"hunter2\"]", "{}{}",
          "\xff\xfe{", "<html>hunter2</html>", "machine a login me password hunter2"}) {
        const Logins logins = parse_logins(text, "/home/me/config.json");
        EXPECT_TRUE(logins.empty()) << text;
        EXPECT_THAT(logins.faults, testing::ElementsAre(HasSubstr("/home/me/config.json"))) << text;
        for (const std::string &fault : logins.faults) EXPECT_THAT(fault, Not(HasSubstr("hunter2"))) << text;
    }
}

TEST(Logins, OfAnEmptyFileOrOneOfNullsAreNoneAndNoFault) {
    for (const char *text :
         {"", " \r\n\t", "\xEF\xBB\xBF", "\xEF\xBB\xBF{}", "\xEF\xBB\xBF \n{}\n",
          R"({"credsStore":null,"credHelpers":null,"auths":null})", R"({"credsStore":"","auths":{}})",
          R"({"auths":{"a":null}})", R"({"HttpHeaders":{},"detachKeys":7})"}) {
        const Logins logins = parse_logins(text, "config.json");
        EXPECT_TRUE(logins.empty()) << text;
        EXPECT_THAT(logins.faults, testing::IsEmpty()) << text;
    }
}

TEST(Logins, ABadMemberIsAFaultAndTheOthersServe) {
    const struct {
        const char *text, *fault;
    } table[] = {{R"({"auths":[],"credsStore":"s"})", "auths"},
                 {R"({"auths":"hunter2","credsStore":"s"})", "auths"},
                 {R"({"credHelpers":["hunter2"],"credsStore":"s"})", "credHelpers"}};
    for (const auto &[text, fault] : table) {
        const Logins logins = parse_logins(text, "config.json");
        EXPECT_EQ(logins.store, "s") << text;
        EXPECT_THAT(logins.faults, testing::ElementsAre(AllOf(HasSubstr(fault), HasSubstr("config.json")))) << text;
        EXPECT_THAT(logins.faults.front(), Not(HasSubstr("hunter2"))) << text;
    }
    const Logins store = parse_logins(R"({"credsStore":5,"auths":{"a.example":{"auth":"bWU6cHc="}}})", "config.json");
    EXPECT_EQ(shown(find_login(store, "a.example")), "me|pw|");
    EXPECT_THAT(store.faults, testing::ElementsAre(HasSubstr("credsStore")));
}

TEST(Logins, ABadEntryIsBrokenForItsRegistryAlone) {
    for (const char *entry : {R"({"auth":"YWI"})", R"({"auth":"***"})", R"({"auth":5})", R"({"auth":"aHVudGVyMg=="})",
                              "[]", "7", R"("hunter2")", R"({"username":5})", R"({"identitytoken":["hunter2"]})"}) {
        const Logins logins = parse_logins(std::string(R"({"auths":{"https://bad.example/v1/":)") + entry +
                                               R"(,"good.example":{"auth":"bWU6cHc="}}})",
                                           "/x/config.json");
        EXPECT_EQ(shown(find_login(logins, "good.example")), "me|pw|") << entry;
        EXPECT_EQ(shown(find_login(logins, "bad.example")), "||") << entry;
        EXPECT_THAT(logins.faults, testing::IsEmpty()) << entry;
        ASSERT_EQ(logins.broken.size(), 1U) << entry;
        EXPECT_EQ(logins.broken.begin()->first, "bad.example") << entry;
        EXPECT_THAT(logins.broken.begin()->second,
                    AllOf(HasSubstr("bad.example"), HasSubstr("/x/config.json"), Not(HasSubstr("hunter2"))))
            << entry;
    }
    const Logins helper = parse_logins(R"({"credHelpers":{"bad.example":5,"good.example":"h"}})", "config.json");
    EXPECT_EQ(helper.helpers.at("good.example"), "h");
    EXPECT_EQ(helper.broken.count("bad.example"), 1U);
}

TEST(Logins, WhatIsBrokenIsWarnedOfWhenItsRegistryIsAskedForAndWhatIsAFaultAtOnce) {
    core::Log log;
    std::vector<std::string> warnings;
    log.listen([&](std::string_view line) { warnings.emplace_back(line); });
    const auto nobody = [](const std::string &, const std::string &) { return std::optional<core::Credentials>(); };
    Keychain keychain({parse_logins(R"({"auths":{"bad.example":{"auth":"YWI"}}})", "1"), parse_logins("{", "2")},
                      nobody, log);
    EXPECT_THAT(warnings, testing::ElementsAre(HasSubstr("2 is not JSON")));
    EXPECT_EQ(shown(keychain.find("good.example")), "||");
    EXPECT_EQ(warnings.size(), 1U);
    EXPECT_EQ(shown(keychain.find("bad.example")), "||");
    EXPECT_EQ(shown(keychain.find("bad.example")), "||");
    EXPECT_THAT(warnings, testing::ElementsAre(_, HasSubstr("bad.example in 1")));
    EXPECT_THAT(keychain.unusable(), HasSubstr("bad.example in 1"));
}

} // namespace
} // namespace ferry::cli
