#include "bearer.h"

#include "support/fake_http.h"

#include <gmock/gmock.h>

namespace distribution {
namespace {

using test::FakeHttp;
using testing::HasSubstr;
using testing::Not;

const std::string own_scope = "repository:library/app:pull";
const std::string own_scope_encoded = "repository%3Alibrary%2Fapp%3Apull";

ferry::Challenge asked(std::string field, std::string username = {}, std::string secret = {},
                       std::string identity = {}) {
    return {"https://reg.example", {std::move(field)}, own_scope,
            std::move(username),   std::move(secret),  std::move(identity)};
}

ferry::Credential ask(FakeHttp &http, const ferry::Challenge &challenge, PlainRealm policy = PlainRealm::refuse) {
    const auto parsed = parse_challenges(challenge.authenticate);
    return fetch_token(http.http(), ferry::Op(nullptr), challenge, *choose(parsed), policy);
}

ferry::Error failure(FakeHttp &http, const ferry::Challenge &challenge) {
    try {
        ask(http, challenge);
    } catch (const ferry::Error &e) {
        return e;
    }
    ADD_FAILURE() << "a token was given";
    return {FERRY_OK, ""};
}

const char *const plain_field = R"(Bearer realm="https://auth.example/token",service="reg.example")";

TEST(Token, IsAskedForByRealmServiceAndScope) {
    FakeHttp http({{200, R"({"token":"abc","expires_in":300})", {}}});
    const ferry::Credential credential = ask(http, asked(plain_field));
    EXPECT_EQ(credential.name, "Authorization");
    EXPECT_EQ(credential.value, "Bearer abc");
    EXPECT_EQ(credential.lifetime_ms, 270000);
    ASSERT_EQ(http.requests().size(), 1U);
    EXPECT_EQ(http.requests()[0].method, "GET");
    EXPECT_EQ(http.requests()[0].url, "https://auth.example/token?service=reg.example&scope=" + own_scope_encoded);
    EXPECT_EQ(http.requests()[0].header("Authorization"), "") << "anonymous";
}

TEST(Token, KeepsTheQueryOfTheRealm) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}, {200, R"({"token":"abc"})", {}}});
    ask(http, asked(R"(Bearer realm="https://auth.example/t?a=b%20c&d",service="s &")"));
    EXPECT_EQ(http.requests()[0].url, "https://auth.example/t?a=b%20c&d&service=s%20%26&scope=" + own_scope_encoded);
    ask(http, asked(R"(Bearer realm="https://auth.example/t?")"));
    EXPECT_EQ(http.requests()[1].url, "https://auth.example/t?scope=" + own_scope_encoded);
}

TEST(Token, IsAskedForWithItsOwnScopeAndNotWithTheTemplate) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    ask(http, asked(R"(Bearer realm="https://a.example/t",scope="repository:user/image:pull")"));
    EXPECT_EQ(http.requests()[0].url, "https://a.example/t?scope=" + own_scope_encoded);
}

TEST(Token, MayBeCalledAccessToken) {
    FakeHttp http({{200, R"({"access_token":"xyz"})", {}}, {200, R"({"token":"","access_token":"xyz"})", {}}});
    EXPECT_EQ(ask(http, asked(plain_field)).value, "Bearer xyz");
    EXPECT_EQ(ask(http, asked(plain_field)).value, "Bearer xyz");
}

TEST(Token, LastsAtLeastAMinuteLessAMargin) {
    EXPECT_EQ(token_lifetime(std::nullopt), 54000);
    EXPECT_EQ(token_lifetime(1), 54000);
    EXPECT_EQ(token_lifetime(-1), 54000);
    EXPECT_EQ(token_lifetime(60), 54000);
    EXPECT_EQ(token_lifetime(3600), 3570000);
    EXPECT_EQ(token_lifetime(INT64_MAX), 24 * 3600000 - 30000);
}

TEST(Token, TakesAnyNumberAsLifetime) {
    for (const char *expires : {"0", "-5", "59.9", "null", "\"soon\"", "[]"}) {
        FakeHttp http({{200, R"({"token":"abc","expires_in":)" + std::string(expires) + "}", {}}});
        EXPECT_EQ(ask(http, asked(plain_field)).lifetime_ms, 54000) << expires;
    }
    FakeHttp http({{200, R"({"token":"abc","expires_in":1e300})", {}}});
    EXPECT_EQ(ask(http, asked(plain_field)).lifetime_ms, 24 * 3600000 - 30000);
}

TEST(Token, IsAskedForWithTheLogin) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    ask(http, asked(plain_field, "robot$proj+name", "pa:ss"));
    EXPECT_EQ(http.requests()[0].header("authorization"), "Basic cm9ib3QkcHJvaituYW1lOnBhOnNz");
}

TEST(Scopes, PutTheMissingScopeFirst) {
    const auto bearer = [](const char *field) { return parse_challenges({field})[0]; };
    EXPECT_THAT(
        scopes_for(own_scope, bearer(R"(Bearer realm="r",error="insufficient_scope",scope="registry:catalog:*")")),
        testing::ElementsAre("registry:catalog:*", own_scope));
    EXPECT_THAT(scopes_for(own_scope, bearer(R"(Bearer realm="r",error="insufficient_scope",)"
                                             R"(scope="repository:library/app:pull a:b:c")")),
                testing::ElementsAre(own_scope, "a:b:c"));
    EXPECT_THAT(scopes_for(own_scope, bearer(R"(Bearer realm="r",error="insufficient_scope")")),
                testing::ElementsAre(own_scope));
    EXPECT_THAT(scopes_for(own_scope, bearer(R"(Bearer realm="r",error="invalid_token",scope="x:y:z")")),
                testing::ElementsAre(own_scope));
    EXPECT_THAT(scopes_for("", bearer(R"(Bearer realm="r")")), testing::IsEmpty());
}

TEST(Token, AsksForAllScopesInOneRequest) {
    FakeHttp http({{200, R"({"token":"abc"})", {}}});
    ask(http, asked(R"(Bearer realm="https://a.example/t",error="insufficient_scope",scope="repository:other:pull")"));
    EXPECT_EQ(http.requests()[0].url, "https://a.example/t?scope=repository%3Aother%3Apull&scope=" + own_scope_encoded);
}

TEST(IdentityToken, IsPostedAsARefreshToken) {
    FakeHttp http({{200, R"({"access_token":"abc","expires_in":900})", {}}});
    EXPECT_EQ(ask(http, asked(plain_field, "", "", "id+token=")).value, "Bearer abc");
    ASSERT_EQ(http.requests().size(), 1U);
    const test::FakeRequest request = http.requests()[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "https://auth.example/token");
    EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(request.body, "grant_type=refresh_token&client_id=ferry&service=reg.example&scope=" + own_scope_encoded +
                                "&refresh_token=id%2Btoken%3D");
}

TEST(IdentityToken, FallsBackToGetWhereThereIsNoOAuth2) {
    for (const int status : {404, 405}) {
        FakeHttp http({{status, "no", {}}, {200, R"({"token":"abc"})", {}}});
        EXPECT_EQ(ask(http, asked(plain_field, "bob", "pw", "identity")).value, "Bearer abc");
        ASSERT_EQ(http.requests().size(), 2U);
        EXPECT_EQ(http.requests()[1].method, "GET");
        EXPECT_EQ(http.requests()[1].header("Authorization"), "Basic Ym9iOnB3");
    }
    FakeHttp http({{401, "{}", {}}});
    EXPECT_EQ(failure(http, asked(plain_field, "", "", "identity")).code, FERRY_E_UNAUTHORIZED);
    EXPECT_EQ(http.requests().size(), 1U) << "a refused identity token is final";
}

struct Realm {
    const char *endpoint;
    const char *realm;
    bool with_secrets;
    PlainRealm policy;
    const char *expected; // the URL, or what the error says
};

class Realms : public testing::TestWithParam<Realm> {};

TEST_P(Realms, GetSecretsOnlyWhereTheyAreSafe) {
    const Realm &c = GetParam();
    std::string got;
    try {
        got = token_service(c.endpoint, c.realm, c.with_secrets, c.policy);
    } catch (const ferry::Error &e) {
        got = "refused: " + e.message.english();
        EXPECT_THAT(e.message.english(), Not(HasSubstr("hidden"))) << "the query is not shown";
    }
    if (std::string_view(c.expected).substr(0, 8) == "refused:") {
        EXPECT_THAT(got, testing::StartsWith("refused:"));
        EXPECT_THAT(got, HasSubstr(std::string(c.expected).substr(9)));
    } else {
        EXPECT_EQ(got, c.expected);
    }
}

constexpr PlainRealm refuse = PlainRealm::refuse, upgrade = PlainRealm::upgrade;

INSTANTIATE_TEST_SUITE_P(
    OverTlsOrOnThisMachine, Realms,
    testing::Values(
        Realm{"https://reg.example", "https://auth.other/t?x=y", true, refuse, "https://auth.other/t?x=y"},
        Realm{"https://reg.example", "https://10.0.0.1:8443/t", true, refuse, "https://10.0.0.1:8443/t"},
        Realm{"https://reg.example", "http://reg.example/t?hidden", true, refuse, "refused: over plain http"},
        Realm{"https://reg.example", "http://other/t?hidden", true, upgrade, "refused: over plain http"},
        Realm{"https://reg.example", "http://other/t", false, refuse, "http://other/t"},
        Realm{"https://reg.example:8443", "http://reg.example:80/t?a", true, upgrade, "https://reg.example:8443/t?a"},
        Realm{"https://reg.example", "http://REG.example/service/token", true, upgrade,
              "https://reg.example/service/token"},
        Realm{"http://nas:5000", "http://nas:5001/t", true, refuse, "http://nas:5001/t"},
        Realm{"http://192.168.1.5:5000", "http://192.168.1.6/t", true, refuse, "http://192.168.1.6/t"},
        Realm{"http://127.0.0.1:5000", "http://localhost:5001/t", true, refuse, "http://localhost:5001/t"},
        Realm{"http://reg.example", "http://evil.example/t?hidden", true, refuse, "refused: another host"},
        Realm{"http://192.168.1.5", "http://evil.example/t", true, refuse, "refused: another host"},
        Realm{"http://reg.example", "http://evil.example/t", false, refuse, "http://evil.example/t"},
        Realm{"https://reg.example:1", "/token?a=b", true, refuse, "https://reg.example:1/token?a=b"},
        Realm{"https://reg.example", "https://a.example/t#part", true, refuse, "https://a.example/t"},
        Realm{"https://reg.example", "ftp://reg.example/t", true, refuse, "refused: reg.example names a token service"},
        Realm{"https://reg.example", "https://reg.example@evil.example/", true, refuse, "refused: reg.example names"},
        Realm{"https://reg.example", "//evil.example/t", true, refuse, "refused: reg.example names"},
        Realm{"https://reg.example", "https://a.example/t\r\nX: y", false, refuse, "refused: reg.example names"},
        Realm{"https://reg.example", "Registry Realm", false, refuse, "refused: reg.example names"}));

TEST(TokenServices, OfAHarborAreAskedForAtTheRegistrysAddressFirst) {
    const struct {
        const char *endpoint, *realm;
        PlainRealm policy;
        std::vector<std::string> expected;
    } table[] = {
        {"https://h", "https://h/service/token", upgrade, {"https://h/service/token"}},
        {"https://h", "http://h/service/token?a=b", upgrade, {"https://h/service/token?a=b"}},
        {"https://h:8443",
         "https://h/service/token",
         upgrade,
         {"https://h:8443/service/token", "https://h/service/token"}},
        {"https://h:8443", "https://h/service/token", refuse, {"https://h/service/token"}},
        {"https://h:8443", "https://core.h/service/token", upgrade, {"https://core.h/service/token"}},
        {"http://h:8080", "http://h/service/token", upgrade, {"http://h:8080/service/token", "http://h/service/token"}},
        {"http://h:8080", "https://h/service/token", upgrade, {"https://h/service/token"}}, // not weaker than told
    };
    for (const auto &one : table)
        EXPECT_EQ(token_services(one.endpoint, one.realm, true, one.policy), one.expected)
            << one.endpoint << ' ' << one.realm;
}

TEST(Token, GetsNoPasswordToAPlainRealmAndMakesNoRequest) {
    FakeHttp http;
    const ferry::Error error = failure(http, asked(R"(Bearer realm="http://reg.example/t")", "bob", "pw"));
    EXPECT_EQ(error.code, FERRY_E_UNAUTHORIZED);
    EXPECT_THAT(http.requests(), testing::IsEmpty());
}

TEST(Token, ThatIsAPageNamesTheServiceAndThePage) {
    FakeHttp http({{200, "\n<html>\r\n<title>Log in</title>" + std::string(500, 'x'), {}}});
    const ferry::Error error =
        failure(http, asked(R"(Bearer realm="https://auth.example/token?sig=hidden",service="s")"));
    EXPECT_EQ(error.code, FERRY_E_PROTOCOL);
    EXPECT_THAT(error.message.english(), HasSubstr("https://auth.example/token answered"));
    EXPECT_THAT(error.message.english(), HasSubstr("'<html>  <title>Log in</title>xxx"));
    EXPECT_THAT(error.message.english(), Not(HasSubstr("hidden")));
    EXPECT_LT(error.message.english().size(), 400U);
}

class Garbage : public testing::TestWithParam<const char *> {};

TEST_P(Garbage, IsNotAToken) {
    FakeHttp http({{200, GetParam(), {}}});
    EXPECT_EQ(failure(http, asked(plain_field)).code, FERRY_E_PROTOCOL);
}

INSTANTIATE_TEST_SUITE_P(Bodies, Garbage,
                         testing::Values("", "null", "5", "[]", "{}", R"({"token":5})", R"({"token":null})",
                                         R"({"token":"a\r\nX: y"})", R"({"token":"a b"})", R"({"token":"abc")",
                                         "{\"token\":\"\xFF\"}", R"({"tok)"));

TEST(Token, NeverShowsASecretInAnError) {
    const std::string basic = "Ym9iOmh1bnRlcjI="; // bob:hunter2
    for (const std::string &body :
         {std::string("bad password hunter2, header ") + basic,
          std::string(R"({"errors":[{"code":"X","message":"hunter2 is wrong"}]})"),
          std::string(R"({"token":"sesame","cut)"), std::string(R"({"details":"no identi-ty"})")}) {
        for (const int status : {200, 401, 418, 500}) {
            FakeHttp http({{status, body, {}}});
            const ferry::Error error = failure(http, asked(plain_field, "bob", "hunter2"));
            for (const std::string &secret : {std::string("hunter2"), basic, std::string("sesame")})
                EXPECT_THAT(error.message.english(), Not(HasSubstr(secret)));
        }
    }
    FakeHttp http({{401, "identi-ty refused", {}}});
    EXPECT_THAT(failure(http, asked(plain_field, "", "", "identi-ty")).message.english(), Not(HasSubstr("identi-ty")));
}

TEST(Token, ThatIsRefusedSaysWhatToDo) {
    for (const int status : {401, 403}) {
        FakeHttp anonymous({{status, "", {}}});
        const ferry::Error nobody = failure(anonymous, asked(plain_field));
        EXPECT_EQ(nobody.code, FERRY_E_UNAUTHORIZED);
        EXPECT_EQ(nobody.http_status, status);
        EXPECT_THAT(nobody.message.english(), HasSubstr("-u NAME --password-stdin"));
        FakeHttp named({{status, R"({"details":"incorrect username or password"})", {}}});
        const ferry::Error bob = failure(named, asked(plain_field, "bob", "pw"));
        EXPECT_EQ(bob.code, FERRY_E_UNAUTHORIZED);
        EXPECT_THAT(bob.message.english(), HasSubstr("incorrect username or password"));
        EXPECT_THAT(bob.message.english(), HasSubstr("check the user name"));
    }
}

TEST(Token, OfARateLimitedServiceCarriesRetryAfter) {
    FakeHttp http({{429, "slow down", {{"retry-after", "17"}}}});
    const ferry::Error error = failure(http, asked(plain_field));
    EXPECT_EQ(error.code, FERRY_E_RATE_LIMITED);
    EXPECT_EQ(error.retry_after_ms, 17000);
    EXPECT_TRUE(error.flags & FERRY_ERROR_RETRYABLE);
}

TEST(Token, ServerErrorsAreRetryable) {
    FakeHttp http({{503, "later", {{"Retry-After", "2"}}}});
    const ferry::Error error = failure(http, asked(plain_field));
    EXPECT_EQ(error.code, FERRY_E_NETWORK);
    EXPECT_EQ(error.http_status, 503);
    EXPECT_EQ(error.retry_after_ms, 2000);
    EXPECT_TRUE(error.flags & FERRY_ERROR_RETRYABLE);
}

TEST(Token, HasABodyOfAtMostOneMebibyte) {
    const std::string head = R"({"token":"abc","pad":")";
    FakeHttp fits({{200, head + std::string((1 << 20) - head.size() - 2, 'x') + "\"}", {}}});
    EXPECT_EQ(ask(fits, asked(plain_field)).value, "Bearer abc");
    FakeHttp larger({{200, head + std::string((1 << 20) - head.size() - 1, 'x') + "\"}", {}}});
    const ferry::Error error = failure(larger, asked(plain_field));
    EXPECT_EQ(error.code, FERRY_E_PROTOCOL);
    EXPECT_THAT(error.message.english(), HasSubstr("https://auth.example/token"));
}

TEST(Token, ErrorsAreValidUtf8WhateverTheServiceSays) {
    for (const std::string body :
         {"\xff\xfe\x1b[31m not json", "{\"errors\":[{\"message\":\"\\ud800 lone \xE9\"}]}", "{\"message\":\"x\xC2\"}"})
        for (const int status : {200, 401, 500}) {
            FakeHttp http({{status, body, {}}});
            const std::string message = failure(http, asked(plain_field, "bob", "hunter2")).message.english();
            EXPECT_EQ(message, ferry::valid_utf8(message));
            EXPECT_EQ(message.find('\x1b'), message.npos);
        }
}

TEST(Token, ThatIsRefusedWithManyBytesIsRefusedAllTheSame) {
    FakeHttp http({{401, "{\"errors\":[" + std::string(4 << 20, ' '), {}}});
    EXPECT_EQ(failure(http, asked(plain_field, "bob", "hunter2")).code, FERRY_E_UNAUTHORIZED);
}

TEST(Token, NamesTheServiceThatCouldNotBeReached) {
    FakeHttp http({{0, "connection refused", {}, FERRY_E_NETWORK}});
    const ferry::Error error = failure(http, asked(plain_field));
    EXPECT_EQ(error.code, FERRY_E_NETWORK);
    EXPECT_EQ(error.message.english(), "the token service https://auth.example/token: connection refused");
}

} // namespace
} // namespace distribution
