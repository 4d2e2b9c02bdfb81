#include "core/base/digest.h"
#include "support/backend.h"
#include "support/web.h"

#include <gmock/gmock.h>

#include <barrier>
#include <thread>

namespace ferry::core {
namespace {

using test::failure;
using test::hasty_client;
using test::home;
using test::Host;
using test::mirror;
using test::Reach;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string body = R"({"a":"manifest"})";
const std::string digest = digest_of(body);

WebReply challenge() {
    return {401, R"({"errors":[{"code":"UNAUTHORIZED"}]})", {{"WWW-Authenticate", "Bearer realm=\"x\""}}};
}
ferry::Credential bearer(std::string token, std::int64_t lifetime_ms = 60'000) {
    return {"Authorization", "Bearer " + std::move(token), lifetime_ms};
}

std::vector<std::string> shown(const Web &web) {
    std::vector<std::string> out;
    for (const WebRequest &request : web.requests()) out.push_back(request.url + ' ' + request.header("Authorization"));
    return out;
}

TEST(ContentRange, FitsWhereItBeginsAsAskedWithinTheSizeOfTheBlob) {
    const struct {
        const char *value;
        std::uint64_t begin, size;
        bool fits;
    } table[] = {
        {"bytes 0-99/100", 0, 100, true},
        {"bytes 10-99/100", 10, 100, true},
        {"bytes 10-49/100", 10, 100, true},
        {"bytes 10-10/100", 10, 100, true},
        {"bytes 99-99/100", 99, 100, true},
        {"bytes 9-99/100", 10, 100, false},
        {"bytes 11-99/100", 10, 100, false},
        {"bytes 0-99/100", 10, 100, false},
        {"bytes 10-9/100", 10, 100, false},
        {"bytes 10-100/100", 10, 100, false},
        {"bytes 10-99/101", 10, 100, false},
        {"bytes 10-99/99", 10, 100, false},
        {"bytes 10-99/*", 10, 100, false},
        {"bytes */100", 10, 100, false},
        {"bytes 10-/100", 10, 100, false},
        {"bytes -99/100", 10, 100, false},
        {"bytes 10-99", 10, 100, false},
        {"10-99/100", 10, 100, false},
        {"items 10-99/100", 10, 100, false},
        {"", 10, 100, false},
        {"bytes ", 10, 100, false},
        {"bytes 10-99/100x", 10, 100, false},
        {"bytes +10-99/100", 10, 100, false},
        {"bytes 10/99-100", 10, 100, false},
        {"bytes 0x0a-99/100", 10, 100, false},
        {"bytes 18446744073709551626-99/100", 10, 100, false},
        {"bytes 8589934592-17179869183/17179869184", 8589934592, 17179869184, true},
    };
    for (const auto &[value, begin, size, fits] : table)
        EXPECT_EQ(content_range_fits(value, begin, size), fits) << value << " for " << begin << " of " << size;
}

class RepositoryTest : public testing::Test {
protected:
    Host host;
    Descriptor blob{digest, "", body.size(), {}};
};

TEST_F(RepositoryTest, SendsNoCredentialsWhereNoneAreAskedFor) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, body}; });
    Reach reach(web.http(), {home});
    EXPECT_EQ(reach.repository->manifest(host.operation, "1").body, body);
    EXPECT_EQ(reach.repository->manifest(host.operation, digest).body, body);
    EXPECT_THAT(shown(web),
                ElementsAre("https://a/v2/team/app/manifests/1 ", "https://a/v2/team/app/manifests/" + digest + " "));
    EXPECT_THAT(web.requests()[0].header("Accept"), HasSubstr("oci.image.index"));
    EXPECT_TRUE(reach.script.challenges().empty());
}

TEST_F(RepositoryTest, AnswersAChallengeOnceAndKeepsTheToken) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.header("Authorization") == "Bearer t1" ? WebReply{200, body} : challenge();
    });
    Reach reach(web.http(), {home}, hasty_client(), {"me", "hunter2", "identity"});
    reach.script.authorize = [](const Op &, const ferry::Challenge &) { return bearer("t1"); };
    for (int i = 0; i < 3; ++i) reach.repository->manifest(host.operation, "1");
    EXPECT_EQ(web.requests().size(), 4U);
    ASSERT_EQ(reach.script.challenges().size(), 1U);
    const ferry::Challenge asked = reach.script.challenges()[0];
    EXPECT_EQ(asked.endpoint, "https://a");
    EXPECT_EQ(asked.scope, "repository:team/app:pull");
    EXPECT_THAT(asked.authenticate, ElementsAre("Bearer realm=\"x\""));
    EXPECT_EQ(asked.username + ' ' + asked.secret + ' ' + asked.identity_token, "me hunter2 identity");
}

TEST_F(RepositoryTest, HandsAllChallengesToTheBackend) {
    Web web([](const WebRequest &request, std::size_t) {
        if (!request.header("Authorization").empty()) return WebReply{200, body};
        return WebReply{
            401, "", {{"WWW-Authenticate", "Negotiate"}, {"www-authenticate", "Basic realm=x, Bearer realm=y"}}};
    });
    Reach reach(web.http(), {home});
    reach.script.authorize = [](const Op &, const ferry::Challenge &) { return bearer("t"); };
    reach.repository->manifest(host.operation, "1");
    EXPECT_THAT(reach.script.challenges().at(0).authenticate,
                ElementsAre("Negotiate", "Basic realm=x, Bearer realm=y"));
}

TEST_F(RepositoryTest, EndsInAnAccessErrorWhereNoTokenIsGoodEnough) {
    Web web([](const WebRequest &, std::size_t) { return challenge(); });
    Reach reach(web.http(), {home}, hasty_client(), {"me", "hunter2", ""});
    int tokens = 0;
    reach.script.authorize = [&](const Op &, const ferry::Challenge &) {
        return bearer("token" + std::to_string(++tokens));
    };
    const Error by_tag = failure([&] { reach.repository->manifest(host.operation, "1"); });
    EXPECT_EQ(by_tag.kind(), Kind::access);
    EXPECT_THAT(by_tag.message.english(),
                HasSubstr("a does not let me read the manifest of a/team/app:1 (UNAUTHORIZED)"));
    EXPECT_THAT(by_tag.message.english() + by_tag.remedy.english(), Not(HasSubstr("hunter2")));
    EXPECT_LE(web.requests().size(), 3U);
    const Error of_blob = failure([&] { reach.repository->open_blob(host.operation, blob, 0, body.size(), 0); });
    EXPECT_EQ(of_blob.kind(), Kind::access);
    EXPECT_LE(web.requests().size(), 6U);
}

TEST_F(RepositoryTest, SaysWhatTheBackendSaysOfARefusedLogin) {
    Web web([](const WebRequest &, std::size_t) { return challenge(); });
    Reach reach(web.http(), {home});
    const Error e = failure([&] { reach.repository->manifest(host.operation, "1"); });
    EXPECT_EQ(e.kind(), Kind::access);
    EXPECT_EQ(e.message.english(), "this test has no credentials");
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(RepositoryTest, AuthorizesOnceForAllThreadsThatMeetTheChallenge) {
    constexpr int threads = 8;
    std::barrier all_are_refused(threads);
    Web web([&](const WebRequest &request, std::size_t) {
        if (!request.header("Authorization").empty()) return WebReply{200, body};
        all_are_refused.arrive_and_wait();
        return challenge();
    });
    Reach reach(web.http(), {home});
    reach.script.authorize = [](const Op &, const ferry::Challenge &) { return bearer("t"); };
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i)
            running.emplace_back([&] { EXPECT_EQ(reach.repository->manifest(host.operation, "1").body, body); });
    }
    EXPECT_EQ(reach.script.challenges().size(), 1U);
    EXPECT_EQ(web.requests().size(), 2U * threads);
}

TEST_F(RepositoryTest, GetsANewTokenWhenTheOldOneIsRefused) {
    std::atomic<int> valid{1};
    Web web([&](const WebRequest &request, std::size_t) {
        return request.header("Authorization") == "Bearer t" + std::to_string(valid) ? WebReply{200, body}
                                                                                     : challenge();
    });
    Reach reach(web.http(), {home});
    reach.script.authorize = [&](const Op &, const ferry::Challenge &) {
        return bearer("t" + std::to_string(valid), -1);
    };
    reach.repository->manifest(host.operation, "1");
    valid = 2;
    EXPECT_EQ(reach.repository->open_blob(host.operation, blob, 0, body.size(), 0).begin, 0U);
    EXPECT_EQ(reach.script.challenges().size(), 2U);
}

TEST_F(RepositoryTest, SendsACredentialForOneRequestOnce) { // registry.h: lifetime_ms 0
    Web web([](const WebRequest &request, std::size_t) {
        return request.header("Authorization").empty() ? challenge() : WebReply{200, body};
    });
    Reach reach(web.http(), {home});
    reach.script.authorize = [](const Op &, const ferry::Challenge &) { return bearer("once", 0); };
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(failure([&] { reach.repository->manifest(host.operation, "1"); }).message.english(),
                  "nothing was thrown");
    const std::string url = "https://a/v2/team/app/manifests/1 ";
    EXPECT_THAT(shown(web), ElementsAre(url, url + "Bearer once", url, url + "Bearer once"));
}

TEST_F(RepositoryTest, GivesAMirrorNoneOfTheUsersSecrets) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.header("Authorization").empty() ? challenge() : WebReply{200, body};
    });
    Reach reach(web.http(), {mirror}, hasty_client(), {"me", "hunter2", "identity"});
    reach.script.authorize = [](const Op &, const ferry::Challenge &) { return bearer("t"); };
    reach.repository->manifest(host.operation, "1");
    const ferry::Challenge asked = reach.script.challenges().at(0);
    EXPECT_EQ(asked.endpoint, "https://m/hub");
    EXPECT_EQ(asked.scope, "repository:mirrored/app:pull");
    EXPECT_EQ(asked.username + asked.secret + asked.identity_token, "");
    EXPECT_EQ(web.requests()[0].url, "https://m/hub/v2/mirrored/app/manifests/1?ns=a");
}

TEST_F(RepositoryTest, KeepsTheTokensOfEndpointsSeparate) {
    Web web([](const WebRequest &request, std::size_t) {
        if (request.url.rfind("https://m/", 0) == 0)
            return request.header("Authorization") == "Bearer https://m/hub" ? WebReply{404, ""} : challenge();
        return request.header("Authorization") == "Bearer https://a" ? WebReply{200, body} : challenge();
    });
    Reach reach(web.http(), {mirror, home});
    reach.script.authorize = [](const Op &, const ferry::Challenge &c) { return bearer(c.endpoint); };
    EXPECT_EQ(reach.repository->manifest(host.operation, "1").body, body);
}

TEST_F(RepositoryTest, TakesNoManifestThatIsNotWhatItsDigestSays) {
    Web web([](const WebRequest &request, std::size_t) {
        return WebReply{200, request.url[8] == 'm' ? "spoilt" : body};
    });
    {
        Reach reach(web.http(), {mirror, home});
        EXPECT_EQ(reach.repository->manifest(host.operation, digest).body, body);
        EXPECT_EQ(web.requests().size(), 2U) << "not asked there again";
        EXPECT_EQ(host.warned("from m is not what its digest"), 1U) << host.warnings();
    }
    Reach alone(web.http(), {mirror});
    const Error e = failure([&] { alone.repository->manifest(host.operation, digest); });
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr(digest));
}

TEST_F(RepositoryTest, AsksTheNextEndpointForWhatOneDoesNotHave) {
    for (const int status : {400, 403, 404, 500, 503}) {
        Web web([&](const WebRequest &request, std::size_t) {
            return request.url[8] == 'm' ? WebReply{status, "no"} : WebReply{200, body};
        });
        Reach reach(web.http(), {mirror, home}, hasty_client(1));
        EXPECT_EQ(reach.repository->manifest(host.operation, "1").body, body) << status;
        EXPECT_EQ(reach.repository->small_blob(host.operation, blob, 100), body) << status;
    }
}

TEST_F(RepositoryTest, TellsTheFirstFailureWhenAllEndpointsFail) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.url[8] == 'm'
                   ? WebReply{404, R"({"errors":[{"code":"NAME_UNKNOWN","message":"no such thing"}]})"}
                   : WebReply{0, "no route to a", {}, FERRY_E_NETWORK};
    });
    Reach reach(web.http(), {mirror, home}, hasty_client(0));
    const Error e = failure([&] { reach.repository->manifest(host.operation, "1"); });
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(),
                HasSubstr("m does not have the manifest of a/team/app:1 (NAME_UNKNOWN, no such thing)"));
    EXPECT_EQ(e.http_status, 404);
}

TEST_F(RepositoryTest, LetsTheBackendExplainRefusals) {
    Web web([](const WebRequest &, std::size_t) {
        return WebReply{429, "quota", {{"Retry-After", "3600"}, {"X-A", "b"}}};
    });
    Reach reach(web.http(), {home}, hasty_client(), {"me", "x", ""});
    ferry::Refusal seen;
    reach.script.explain = [&](const ferry::Refusal &refusal) {
        seen = refusal;
        return ferry::Advice{FERRY_E_RATE_LIMITED, "the quota is used up", "log in"};
    };
    const Error e = failure([&] { reach.repository->manifest(host.operation, "1"); });
    EXPECT_EQ(e.kind(), Kind::rate_limit);
    EXPECT_EQ(e.message.english() + '/' + e.remedy.english(), "the quota is used up/log in");
    EXPECT_EQ(e.retry_after_ms, 3'600'000);
    EXPECT_EQ(seen.http_status, 429);
    EXPECT_EQ(seen.endpoint + ' ' + seen.repository + ' ' + seen.body, "https://a team/app quota");
    EXPECT_TRUE(seen.with_credentials);
    EXPECT_EQ(seen.headers.size(), 2U);
}

TEST_F(RepositoryTest, ExplainsRefusalsItselfWhereTheBackendIsSilent) {
    const struct {
        int status;
        Kind kind;
        const char *words;
    } table[] = {{403, Kind::access, "anonymous users"},     {404, Kind::not_found, "does not have"},
                 {429, Kind::rate_limit, "limits the rate"}, {500, Kind::network, "answers 500"},
                 {418, Kind::network, "answers 418"},        {204, Kind::network, "answers 204"}};
    for (const auto &[status, kind, words] : table) {
        Web web([status = status](const WebRequest &, std::size_t) {
            return WebReply{status, "<html>not json</html>"};
        });
        Reach reach(web.http(), {home}, hasty_client(0));
        for (const Error &e : {failure([&] { reach.repository->manifest(host.operation, "1"); }),
                               failure([&] { reach.repository->open_blob(host.operation, blob, 1, 2, 0); })}) {
            EXPECT_EQ(e.kind(), kind) << status;
            EXPECT_THAT(e.message.english(), HasSubstr(words));
            EXPECT_THAT(e.message.english(), HasSubstr("a ")) << "names the host";
            EXPECT_FALSE(e.remedy.empty());
            EXPECT_EQ(e.http_status, status);
        }
    }
}

TEST_F(RepositoryTest, RecognisesWhatServersSayAboutTls) {
    const struct {
        const char *base, *body, *words, *remedy;
    } table[] = {
        {"http://a", "The plain HTTP request was sent to HTTPS port", "a speaks TLS on that port", "https://"},
        {"http://a", "Client sent an HTTP request to an HTTPS server.\n", "a speaks TLS on that port", "https://"},
        {"https://a", "<center>No required SSL certificate was sent</center>", "a wants a client certificate",
         "--client-cert FILE"},
        {"https://a", "<center>The SSL certificate error</center>", "a refused the client certificate", "certs.d/a/"},
        {"https://a", "The plain HTTP request was sent to HTTPS port", "answers 400", ""}};
    for (const auto &[base, text, words, remedy] : table) {
        Web web([text = text](const WebRequest &, std::size_t) { return WebReply{400, text}; });
        Reach reach(web.http(), {{base, "team/app"}}, hasty_client(0));
        const Error e = failure([&] { reach.repository->manifest(host.operation, "1"); });
        EXPECT_EQ(e.kind(), Kind::network) << text;
        EXPECT_THAT(e.message.english(), HasSubstr(words));
        EXPECT_THAT(e.remedy.english(), HasSubstr(remedy));
    }
}

TEST_F(RepositoryTest, TakesNoWebPageForAManifestOrABlob) {
    const std::string page = "\xEF\xBB\xBF\r\n <!DOCTYPE html><title>Log in to the hotel's network</title>";
    Web web([&](const WebRequest &, std::size_t) {
        return WebReply{200, page, {{"Content-Type", "text/html"}, {"Content-Length", std::to_string(page.size())}}};
    });
    Reach reach(web.http(), {home}, hasty_client(2));
    for (const Error &e : {failure([&] { reach.repository->manifest(host.operation, "1"); }),
                           failure([&] { reach.repository->open_blob(host.operation, blob, 0, blob.size, 0); })}) {
        EXPECT_EQ(e.kind(), Kind::network);
        EXPECT_THAT(e.message.english(), HasSubstr("a answered with a web page instead of the "));
        EXPECT_THAT(e.remedy.english(), HasSubstr("login page"));
        EXPECT_FALSE(e.transient());
    }
    EXPECT_EQ(web.count("/manifests/") + web.count("/blobs/"), 2U) << "it would come again and again";
    Web foreign([&](const WebRequest &request, std::size_t) {
        return request.url[8] == 'm' ? WebReply{200, page} : WebReply{200, body};
    });
    Reach two(foreign.http(), {mirror, home}, hasty_client(0));
    EXPECT_EQ(two.repository->manifest(host.operation, "1").body, body) << "the next endpoint is asked";
}

TEST_F(RepositoryTest, FallsBackToPlainHttpOnlyWhereThatIsAllowed) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.url.rfind("https:", 0) == 0 ? WebReply{0, "a does not speak TLS", {}, FERRY_E_TLS}
                                                   : WebReply{200, body};
    });
    const ferry::Endpoint lenient{"https://a", "team/app", false, true};
    {
        Reach strict(web.http(), {home});
        EXPECT_EQ(failure([&] { strict.repository->manifest(host.operation, "1"); }).message.english(),
                  "a does not speak TLS");
        EXPECT_EQ(web.count("http://"), 0U);
    }
    {
        Reach loopback(web.http(), {lenient});
        EXPECT_EQ(loopback.repository->manifest(host.operation, "1").body, body);
        EXPECT_EQ(web.count("https://a/v2/team"), 1U) << "only from before: the endpoint is settled first";
    }
    Reach insecure(web.http(), {home}, hasty_client(), {}, true);
    EXPECT_EQ(insecure.repository->manifest(host.operation, "1").body, body);
}

TEST_F(RepositoryTest, StaysWithTheTlsErrorWherePlainHttpIsNotSpokenEither) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.url.rfind("https:", 0) == 0 ? WebReply{0, "the certificate is expired", {}, FERRY_E_TLS}
                                                   : WebReply{400, "this is a TLS port"};
    });
    Reach reach(web.http(), {{"https://a", "team/app", false, true}});
    EXPECT_EQ(failure([&] { reach.repository->manifest(host.operation, "1"); }).message.english(),
              "the certificate is expired");
}

TEST_F(RepositoryTest, AsksForARangeOnlyWhereItIsNotTheWhole) {
    Web web([](const WebRequest &request, std::size_t) {
        const std::string range = request.header("Range");
        if (range.empty()) return WebReply{200, body};
        return WebReply{
            206,
            "x",
            {{"Content-Range", "bytes 4-" + std::to_string(body.size() - 1) + "/" + std::to_string(body.size())}}};
    });
    Reach reach(web.http(), {home});
    EXPECT_EQ(reach.repository->open_blob(host.operation, blob, 0, body.size(), 0).begin, 0U);
    EXPECT_EQ(reach.repository->open_blob(host.operation, blob, 4, body.size(), 0).begin, 4U);
    EXPECT_EQ(reach.repository->open_blob(host.operation, blob, 4, 8, 0).begin, 4U);
    std::vector<std::string> ranges;
    for (const WebRequest &request : web.requests()) ranges.push_back(request.header("Range"));
    EXPECT_THAT(ranges, ElementsAre("", "bytes=4-", "bytes=4-7"));
}

TEST_F(RepositoryTest, SaysWhereTheBytesOfAnIgnoredRangeBegin) {
    Web web([](const WebRequest &, std::size_t) {
        return WebReply{200, body, {{"Content-Length", std::to_string(body.size())}}};
    });
    Reach reach(web.http(), {home});
    EXPECT_EQ(reach.repository->open_blob(host.operation, blob, 4, 8, 0).begin, 0U);
}

TEST_F(RepositoryTest, RefusesAWrongRangeSoThatTheBlobCanBeAskedForOtherwise) {
    const std::vector<WebReply> replies = {{416, "", {{"Content-Range", "bytes */16"}}},
                                           {206, "x"},
                                           {206, "x", {{"Content-Range", "bytes 5-7/16"}}},
                                           {206, "x", {{"Content-Range", "bytes 4-7/*"}}},
                                           {206, "x", {{"Content-Type", "multipart/byteranges; boundary=x"}}}};
    for (const WebReply &reply : replies) {
        Web web([&](const WebRequest &, std::size_t) { return reply; });
        Reach reach(web.http(), {home});
        const Error e = failure([&] { reach.repository->open_blob(host.operation, blob, 4, 8, 0); });
        EXPECT_EQ(e.http_status, reply.status);
        EXPECT_TRUE(e.transient());
    }
}

TEST_F(RepositoryTest, RefusesABlobOfTheWrongLengthAtOnce) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, body, {{"Content-Length", "17"}}}; });
    Reach reach(web.http(), {home});
    const Error e = failure([&] { reach.repository->open_blob(host.operation, blob, 0, body.size(), 0); });
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("17 bytes instead of 16"));
}

TEST_F(RepositoryTest, VerifiesSmallBlobs) {
    Web web([](const WebRequest &, std::size_t index) -> WebReply {
        if (index == 0) return {200, body, {}, FERRY_OK, 3};         // cut: tried again
        if (index == 1) return {200, std::string(body.size(), 'x')}; // spoilt: the next endpoint
        return {200, body};
    });
    Reach reach(web.http(), {mirror, home});
    EXPECT_EQ(reach.repository->small_blob(host.operation, blob, 100), body);
    EXPECT_EQ(web.requests().size(), 3U);
    EXPECT_EQ(failure([&] {
                  reach.repository->small_blob(host.operation, {digest, "", 101, {}}, 100);
              }).kind(),
              Kind::integrity);
    EXPECT_EQ(web.requests().size(), 3U) << "what is too long is not asked for";
}

// What registries do with the Accept fields of a manifest request (distribution#1996).
TEST(Accept, IsSentInBothFormsWhereOneIsNotUnderstood) {
    const std::string docker = "application/vnd.docker.distribution.manifest.v2+json";
    const std::string schema1 = R"({"schemaVersion":1,"fsLayers":[]})";
    const auto fields = [](const WebRequest &request) {
        std::vector<std::string> values;
        for (const auto &[name, value] : request.headers)
            if (name == "Accept") values.push_back(value);
        return values;
    };
    const auto whole = [&](const WebRequest &request) { // before distribution 2.6
        const auto values = fields(request);
        return std::find(values.begin(), values.end(), docker) != values.end();
    };
    const auto one = [&](const WebRequest &request) { // reads the first field only
        return fields(request).front().find(docker) != std::string::npos;
    };
    const struct {
        const char *what;
        std::function<bool(const WebRequest &)> understands;
        WebReply otherwise;
        std::size_t requests;
    } table[] = {{"all forms", [](const WebRequest &) { return true; }, {}, 1},
                 {"a field for each, else schema 1", whole, {200, schema1}, 2},
                 {"a field for each, else 406", whole, {406, "{}"}, 2},
                 {"one field, else schema 1", one, {200, schema1}, 1},
                 {"one field, else 406", one, {406, "{}"}, 1}};
    for (const auto &one_kind : table)
        for (const std::string &name : {std::string("1"), digest}) {
            Host host;
            Web web([&](const WebRequest &request, std::size_t) {
                return one_kind.understands(request) ? WebReply{200, body} : one_kind.otherwise;
            });
            Reach reach(web.http(), {home});
            EXPECT_EQ(reach.repository->manifest(host.operation, name).body, body) << one_kind.what;
            EXPECT_EQ(web.requests().size(), one_kind.requests) << one_kind.what;
        }
}

TEST(Accept, InTheOtherFormDoesNotHideWhatTheFirstWasAnswered) {
    Host host;
    const std::string schema1 = R"({"schemaVersion":1,"fsLayers":[]})";
    Web old([&](const WebRequest &, std::size_t index) { return index ? WebReply{404} : WebReply{200, schema1}; });
    Reach reach(old.http(), {home});
    EXPECT_EQ(reach.repository->manifest(host.operation, "1").body, schema1)
        << "the reader of the manifest says what it is";
    Web never([](const WebRequest &, std::size_t index) { return WebReply{index ? 404 : 406, "{}"}; });
    Reach other(never.http(), {home});
    EXPECT_EQ(failure([&] { other.repository->manifest(host.operation, "1"); }).http_status, 406);
}

} // namespace
} // namespace ferry::core
