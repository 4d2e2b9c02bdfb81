// Logins that docker and podman keep (peers.md A13).
#include "cli/logins.h"

#include "core/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry::cli {
namespace {

using testing::HasSubstr;

std::string shown(const core::Credentials &login) {
    return login.username + "|" + login.secret + "|" + login.identity_token;
}

TEST(Logins, A13_AreFoundByHostHoweverTheKeyIsWritten) {
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

TEST(Logins, A13_MayEndWithTheNulsThatOldClientsWrote) {
    const Logins logins = parse_logins(R"({"auths":{"a.example":{"auth":"bWU6cHcAAA=="}}})", "config.json");
    EXPECT_EQ(shown(find_login(logins, "a.example")), "me|pw|");
}

TEST(Logins, A13_OfAPartOfARegistryServeWhereTheRegistryHasNone) { // podman's auth.json
    const Logins logins = parse_logins(R"({"auths":{"a.example/team":{"auth":"cGFydDpwdw=="},"a.example":{"auth":"bWU6cHc="},
                                                    "b.example/team":{"auth":"cGFydDpwdw=="}}})",
                                       "auth.json");
    EXPECT_EQ(shown(find_login(logins, "a.example")), "me|pw|");
    EXPECT_EQ(shown(find_login(logins, "b.example")), "part|pw|");
}

TEST(Logins, OfAFileWithoutAnyAreNone) {
    for (const char *text : {"{}", R"({"auths":{}})", R"({"auths":null})", R"({"credHelpers":{}})", R"({"auths":{"a":{}}})"})
        EXPECT_TRUE(parse_logins(text, "config.json").empty()) << text;
}

TEST(Logins, ThatCannotBeReadAreAUsageErrorThatNamesTheFileAndNoSecret) {
    for (const char *text : {"", "[", "hunter2", R"({"auths":[]})", R"({"auths":{"a":{"auth":"aHVudGVyMg=="}}})",
                             R"({"auths":{"a":{"auth":"***"}}})"}) {
        try {
            parse_logins(text, "/home/me/config.json");
            ADD_FAILURE() << "read: " << text;
        } catch (const core::Error &e) {
            EXPECT_EQ(e.kind, core::Kind::usage) << text;
            EXPECT_THAT(e.message, HasSubstr("/home/me/config.json")) << text;
            EXPECT_THAT(e.message + e.remedy, testing::Not(HasSubstr("hunter2"))) << text;
        }
    }
}

} // namespace
} // namespace ferry::cli
