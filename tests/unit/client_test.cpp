#include "support/backend.h"
#include "support/host.h"
#include "support/request.h"
#include "support/web.h"

#include <gmock/gmock.h>

#include <thread>

namespace ferry::core {
namespace {

using test::hasty_client;
using test::Host;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

WebReply redirect(int status, std::string location) {
    return {status, "moved", {{"Location", std::move(location)}}};
}

std::vector<std::string> urls_of(const Web &web) {
    std::vector<std::string> urls;
    for (const WebRequest &request : web.requests()) urls.push_back(request.method + ' ' + request.url);
    return urls;
}

// ---- redirected: pure

struct RedirectCase {
    const char *first; // what was asked for, with a secret
    const char *from;  // who redirects
    const char *location;
    const char *url;
    bool keeps;
};

TEST(Redirected, TakesSecretsToTheFirstOriginOnly) {
    const RedirectCase table[] = {
        {"https://a/x", "https://a/x", "/y", "https://a/y", true},
        {"https://a/x", "https://a/x", "y?z", "https://a/y?z", true},
        {"https://a/x", "https://a/x", "https://a:443/y", "https://a/y", true},
        {"https://a/x", "https://a/x", "https://A/y", "https://a/y", true},
        {"https://a/x", "https://a/x", "https://b/y", "https://b/y", false},
        {"https://a/x", "https://a/x", "//b/y", "https://b/y", false},
        {"https://a/x", "https://a/x", "https://a:444/y", "https://a:444/y", false},
        {"https://a/x", "https://a/x", "https://sub.a/y", "https://sub.a/y", false},
        {"https://a/x", "https://a/x", "https://a.b/y", "https://a.b/y", false},
        {"http://a/x", "http://a/x", "https://a/y", "https://a/y", false},
        {"http://a/x", "http://a/x", "https://a:80/y", "https://a:80/y", false},
        {"http://a/x", "http://a/x", "http://a:80/y", "http://a/y", true},
        // Elsewhere, and from there: nowhere but home.
        {"https://a/x", "https://b/y", "/z", "https://b/z", false},
        {"https://a/x", "https://b/y", "https://c/z", "https://c/z", false},
        {"https://a/x", "https://b/y", "https://a/z", "https://a/z", true},
        {"http://[::1]:5000/x", "http://[::1]:5000/x", "/y", "http://[::1]:5000/y", true},
        {"http://[::1]:5000/x", "http://[::1]:5000/x", "http://[::1]:5001/y", "http://[::1]:5001/y", false},
    };
    for (const RedirectCase &one : table) {
        const HttpRequest first{one.first,
                                {{"Authorization", "Bearer x"},
                                 {"Cookie", "c"},
                                 {"Proxy-Authorization", "p"},
                                 {"Range", "bytes=1-2"},
                                 {"accept", "text"}}};
        const HttpRequest next = redirected(first, Url::parse(one.from), 307, one.location, {});
        EXPECT_EQ(next.url, one.url);
        EXPECT_EQ(next.headers.size(), one.keeps ? 5U : 2U) << one.from << " -> " << one.location;
        EXPECT_EQ(next.headers.back().first, "accept");
        EXPECT_EQ(next.headers[next.headers.size() - 2].first, "Range");
    }
}

TEST(Redirected, TakesToAnotherOriginOnlyWhatAnybodyMaySee) { // a backend may have secrets in fields of its own
    const HttpRequest first{"https://a/",
                            {{"X-Api-Key", "x"},
                             {"Accept", "y"},
                             {"PRIVATE-TOKEN", "x"},
                             {"Range", "y"},
                             {"If-None-Match", "y"},
                             {"X-Amz-Security-Token", "x"},
                             {"Referer", "x"}}};
    for (const auto &[name, value] : redirected(first, Url::parse("https://a/"), 302, "https://b/", {}).headers)
        EXPECT_EQ(value, "y") << name;
    EXPECT_EQ(redirected(first, Url::parse("https://a/"), 302, "https://b/", {}).headers.size(), 3U);
    EXPECT_EQ(redirected(first, Url::parse("https://a/"), 302, "/b", {}).headers.size(), 7U);
}

TEST(Redirected, SendsNoBodyToAnotherOrigin) { // RFC 9110 section 15.4
    const struct {
        const char *method;
        int status;
        const char *location, *becomes; // nothing: it is refused
        bool body;
    } table[] = {
        {"POST", 301, "/x", "GET", false},          {"POST", 302, "/x", "GET", false},
        {"POST", 303, "/x", "GET", false},          {"POST", 307, "/x", "POST", true},
        {"POST", 308, "/x", "POST", true},          {"POST", 301, "https://b/x", "GET", false},
        {"POST", 302, "https://b/x", "GET", false}, {"POST", 303, "https://b/x", "GET", false},
        {"POST", 307, "https://b/x", "", false},    {"POST", 308, "https://b/x", "", false},
        {"POST", 307, "https://a:1/x", "", false},  {"POST", 308, "//sub.a/x", "", false},
        {"PUT", 301, "https://b/x", "", false},     {"PUT", 302, "/x", "PUT", true},
        {"PUT", 303, "https://b/x", "GET", false},
    };
    for (const auto &[method, status, location, becomes, body] : table) {
        SCOPED_TRACE(std::string(method) + ' ' + std::to_string(status) + ' ' + location);
        const HttpRequest first{
            "https://a/", {{"Content-Type", "form"}, {"Accept", "json"}}, method, "refresh_token=secret"};
        try {
            const HttpRequest next = redirected(first, Url::parse("https://a/"), status, location, {});
            EXPECT_EQ(next.method, becomes);
            EXPECT_EQ(next.body, body ? first.body : "");
            EXPECT_EQ(next.headers.size(), body ? 2U : 1U);
        } catch (const Error &e) {
            EXPECT_STREQ(becomes, "");
            EXPECT_EQ(e.kind(), Kind::network);
            EXPECT_THAT(e.message.english(),
                        AllOf(HasSubstr("a redirects a form that may hold secrets to "), Not(HasSubstr("refresh"))));
            EXPECT_FALSE(e.remedy.empty());
        }
    }
}

TEST(Redirected, KnowsSecretHeadersInAnyCase) {
    const HttpRequest first{"https://a/", {{"authorization", "x"}, {"AUTHORIZATION", "x"}, {"cookie", "x"}}};
    EXPECT_TRUE(redirected(first, Url::parse("https://a/"), 302, "https://b/", {}).headers.empty());
}

TEST(Redirected, RefusesToLeaveEncryptionUnlessAllowed) {
    const HttpRequest first{"https://a/x", {{"Authorization", "Bearer x"}}};
    const Url from = Url::parse("https://a/x");
    for (const char *location : {"http://a/y", "http://b/y?signature"}) {
        try {
            redirected(first, from, 302, location, {});
            ADD_FAILURE() << location;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::network);
            EXPECT_THAT(e.message.english(), HasSubstr("a redirects to http://"));
            EXPECT_THAT(e.message.english(), Not(HasSubstr("signature")));
            EXPECT_THAT(e.remedy.english(), HasSubstr("--insecure"));
        }
        ClientRules rules;
        rules.redirects.insecure.everywhere = true;
        EXPECT_TRUE(redirected(first, from, 302, location, rules).headers.empty());
    }
    EXPECT_NO_THROW(redirected({"http://a/x"}, Url::parse("http://a/x"), 302, "http://b/", {}));
    // From a page that was reached without encryption there is no encryption to leave.
    EXPECT_NO_THROW(redirected({"https://a/x"}, Url::parse("http://b/x"), 302, "http://c/", {}));
}

// ---- the client over a web

class ClientTest : public testing::Test {
protected:
    HttpReply fetch(Web &web, const HttpRequest &request, std::size_t limit = 1000,
                    ClientRules rules = hasty_client()) {
        const Client client(web.http(), std::move(rules));
        return client.fetch(host.operation, request, limit);
    }
    Host host;
};

TEST_F(ClientTest, SaysWhoItIsAndAsksForBytesAsTheyAre) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, "body", {{"X-A", "1"}, {"x-a", "2"}}}; });
    const HttpReply reply = fetch(web, {"https://a/x?y", {{"Accept", "text"}}});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "body");
    EXPECT_EQ(reply.url, "https://a/x?y");
    EXPECT_EQ(reply.header("x-A"), "1");
    EXPECT_EQ(reply.header("none"), "");
    EXPECT_THAT(reply.all("X-a"), ElementsAre("1", "2"));
    const WebRequest asked = web.requests().at(0);
    EXPECT_EQ(asked.header("accept"), "text");
    EXPECT_EQ(asked.header("user-agent"), "ferry");
    EXPECT_EQ(asked.header("accept-encoding"), "identity");
}

TEST_F(ClientTest, FollowsRedirectsWithTheSecretAtHomeOnly) {
    Web web([](const WebRequest &request, std::size_t) {
        if (request.url == "https://a/1") return redirect(307, "/2");
        if (request.url == "https://a/2") return redirect(302, "https://cdn/3?sig=%2F");
        if (request.url == "https://cdn/3?sig=%2F") return redirect(301, "//cdn/4");
        if (request.url == "https://cdn/4") return redirect(308, "https://a/5");
        return WebReply{200, "here"};
    });
    const HttpReply reply = fetch(web, {"https://a/1", {{"Authorization", "Bearer x"}}});
    EXPECT_EQ(reply.body, "here");
    EXPECT_EQ(reply.url, "https://a/5");
    std::vector<std::string> secrets;
    for (const WebRequest &request : web.requests()) secrets.push_back(request.header("Authorization"));
    EXPECT_THAT(secrets, ElementsAre("Bearer x", "Bearer x", "", "", "Bearer x"));
}

TEST_F(ClientTest, EndsALoopOfRedirects) {
    Web web([](const WebRequest &, std::size_t index) { return redirect(307, "/" + std::to_string(index % 2)); });
    try {
        fetch(web, {"https://a/0"});
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::network);
        EXPECT_THAT(e.message.english(), HasSubstr("a redirects more than 10 times"));
    }
    EXPECT_EQ(web.requests().size(), 11U);
}

TEST_F(ClientTest, FollowsTenRedirects) {
    Web web([](const WebRequest &, std::size_t index) {
        return index < 10 ? redirect(302, "x") : WebReply{200, "here"};
    });
    EXPECT_EQ(fetch(web, {"https://a/0"}).body, "here");
}

TEST_F(ClientTest, AHostileLocationIsNotAMistakeOfTheUser) {
    for (const char *location : {"http://a$b/", "https://user@b/", "https://[::1", "ftp://b/", "https://b:0/",
                                 "https://b/\x01", "https://refused-by-the-transport.example/"}) {
        Web web([&](const WebRequest &, std::size_t index) {
            return index == 0 ? redirect(307, location) : WebReply{200, "no such host", {}, FERRY_E_INVALID};
        });
        EXPECT_EQ(test::failure([&] { fetch(web, {"https://a/"}); }).kind(), Kind::network) << location;
    }
}

TEST_F(ClientTest, TakesARedirectWithoutALocationForAnAnswer) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{307, "odd"}; });
    EXPECT_EQ(fetch(web, {"https://a/"}).status, 307);
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(ClientTest, AsksForTheOtherResourceAfter303) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.url == "https://a/form" ? redirect(303, "/result") : WebReply{200, "result"};
    });
    fetch(web, {"https://a/form", {}, "POST", "grant=1"});
    EXPECT_THAT(urls_of(web), ElementsAre("POST https://a/form", "GET https://a/result"));
    EXPECT_EQ(web.requests()[1].body, "");
}

TEST_F(ClientTest, DoesNotPostAgainBehindA303) {
    Web web([](const WebRequest &request, std::size_t) {
        if (request.url == "https://a/form") return redirect(303, "/result");
        return request.url == "https://a/result" ? redirect(307, "/moved") : WebReply{200, "result"};
    });
    fetch(web, {"https://a/form", {}, "POST", "grant=1"});
    EXPECT_THAT(urls_of(web), ElementsAre("POST https://a/form", "GET https://a/result", "GET https://a/moved"));
    EXPECT_EQ(web.requests()[2].body, "");
}

TEST_F(ClientTest, KeepsToHeadThrough303) { // RFC 9110 section 15.4.4
    Web web([](const WebRequest &request, std::size_t) {
        return request.url == "https://a/x" ? redirect(303, "/y") : WebReply{200, ""};
    });
    fetch(web, {"https://a/x", {}, "HEAD"});
    EXPECT_THAT(urls_of(web), ElementsAre("HEAD https://a/x", "HEAD https://a/y"));
}

TEST_F(ClientTest, PostsAgainAfter307) {
    Web web([](const WebRequest &request, std::size_t) {
        return request.url == "https://a/form" ? redirect(307, "/moved") : WebReply{200, "result"};
    });
    fetch(web, {"https://a/form", {}, "POST", "grant=1"});
    EXPECT_THAT(urls_of(web), ElementsAre("POST https://a/form", "POST https://a/moved"));
    EXPECT_EQ(web.requests()[1].body, "grant=1");
}

TEST_F(ClientTest, TriesAgainWhatFailsForTheMoment) {
    Web web([](const WebRequest &, std::size_t index) -> WebReply {
        switch (index) {
        case 0: return {503, "busy"};
        case 1: return {0, "no route", {}, FERRY_E_NETWORK};
        case 2: return {0, "too slow", {}, FERRY_E_TIMEOUT};
        case 3: return {429, "slowly", {{"Retry-After", "0"}}};
        case 4: return {200, "a body cut short", {}, FERRY_OK, 4};
        default: return {200, "whole"};
        }
    });
    EXPECT_EQ(fetch(web, {"https://a/x?secret"}).body, "whole");
    EXPECT_EQ(web.requests().size(), 6U);
    EXPECT_EQ(host.warned("trying again in"), 5U) << host.warnings();
    EXPECT_EQ(host.warned("secret"), 0U) << "a warning shows no query: " << host.warnings();
}

TEST_F(ClientTest, ReturnsAStatusThatStaysBad) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{503, "busy"}; });
    EXPECT_EQ(fetch(web, {"https://a/"}, 1000, hasty_client(3)).status, 503);
    EXPECT_EQ(web.requests().size(), 4U);
}

TEST_F(ClientTest, GivesUpAServerThatWantsMorePatienceThanThereIs) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{429, "quota", {{"Retry-After", "21600"}}}; });
    EXPECT_EQ(fetch(web, {"https://a/"}).body, "quota");
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(ClientTest, DoesNotRepeatWhatWouldFailAgain) {
    for (const int status : {400, 401, 403, 404, 416, 501}) {
        Web web([&](const WebRequest &, std::size_t) { return WebReply{status, "no"}; });
        EXPECT_EQ(fetch(web, {"https://a/"}).status, status);
        EXPECT_EQ(web.requests().size(), 1U) << status;
    }
    Web web([](const WebRequest &, std::size_t) { return WebReply{0, "certificate expired", {}, FERRY_E_TLS}; });
    EXPECT_THROW(fetch(web, {"https://a/"}), Error);
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(ClientTest, ThrowsTheLastFailureInItsOwnWords) {
    Web web([](const WebRequest &, std::size_t index) {
        return WebReply{0, "failure " + std::to_string(index), {}, FERRY_E_NETWORK};
    });
    try {
        fetch(web, {"https://a/"}, 1000, hasty_client(2));
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::network);
        EXPECT_EQ(e.message.english(), "failure 2");
    }
}

TEST_F(ClientTest, BoundsTheBody) {
    Web web([](const WebRequest &, std::size_t) {
        return WebReply{200, std::string(100, 'x'), {}, FERRY_OK, SIZE_MAX, 7};
    });
    EXPECT_EQ(fetch(web, {"https://a/"}, 100).body.size(), 100U);
    try {
        fetch(web, {"https://a/"}, 99);
        FAIL();
    } catch (const Error &e) {
        EXPECT_THAT(e.message.english(), HasSubstr("a: the answer is longer than 99 bytes"));
    }
    EXPECT_EQ(web.requests().size(), 2U);
}

TEST_F(ClientTest, TakesNoMoreOfARefusalThanItsWordsNeed) {
    for (const int status : {401, 404, 500}) {
        std::size_t read = 0;
        Web web([&](const WebRequest &, std::size_t) {
            return WebReply{status, "no" + std::string(4 << 20, ' '), {}, FERRY_OK, SIZE_MAX, 1000, [&] { ++read; }};
        });
        const HttpReply reply = fetch(web, {"https://a/"}, 4 << 20, hasty_client(0));
        EXPECT_EQ(reply.status, status);
        EXPECT_EQ(reply.body.size(), std::size_t(64 << 10)) << status;
        EXPECT_LE(read, 70U) << "the rest is not even read: " << status;
    }
}

TEST_F(ClientTest, TakesARefusalThatIsCutForARefusal) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{404, "not here", {}, FERRY_OK, 4}; });
    const HttpReply reply = fetch(web, {"https://a/"});
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(reply.body, "not ");
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(ClientTest, ReadsNoBodyOfHead) {
    Web web([](const WebRequest &, std::size_t) {
        return WebReply{200, "not read", {{"Content-Length", "8"}}, FERRY_OK, 0};
    });
    EXPECT_EQ(fetch(web, {"https://a/", {}, "HEAD"}).body, "");
}

TEST_F(ClientTest, StopsWhenCancelled) {
    Web web([&](const WebRequest &, std::size_t index) {
        if (index == 1) host.stop.request_stop();
        return WebReply{503, "busy"};
    });
    ClientRules rules = hasty_client(100);
    rules.retry.first_ms = rules.retry.ceiling_ms = 10;
    try {
        fetch(web, {"https://a/"}, 1000, rules);
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::interrupted);
    }
    EXPECT_EQ(web.requests().size(), 2U);
    EXPECT_THROW(fetch(web, {"https://a/"}), Error);
    EXPECT_EQ(web.requests().size(), 2U) << "nothing is asked once it is cancelled";
}

TEST_F(ClientTest, StopsInTheMiddleOfABody) {
    Web web([&](const WebRequest &, std::size_t) {
        return WebReply{200, "body", {}, FERRY_OK, SIZE_MAX, 1, [&] { host.stop.request_stop(); }};
    });
    try {
        fetch(web, {"https://a/"});
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::interrupted);
    }
}

TEST_F(ClientTest, ServesBackendsWithItsPolicy) {
    Web web([](const WebRequest &request, std::size_t index) {
        if (index == 0) return WebReply{503, "busy"};
        return request.url == "https://a/token" ? redirect(302, "https://b/token") : WebReply{200, "token"};
    });
    Client client(web.http(), hasty_client());
    const ferry_http http = client.as_http();
    ferry_header header{raw("Authorization"), raw("Basic x")};
    ferry_request request = test::get_request("https://a/token");
    request.headers = &header;
    request.header_count = 1;
    const auto response = ferry::open(http, host.operation.op(), request);
    EXPECT_EQ(ferry::read_all(*response, host.operation.op(), 100), "token");
    EXPECT_EQ(web.requests().size(), 3U);
    EXPECT_EQ(web.requests()[1].header("Authorization"), "Basic x");
    EXPECT_EQ(web.requests()[2].header("Authorization"), "");
}

TEST_F(ClientTest, ShowsAForeignHostNoSecretWhereverTheRegistryLeads) {
    const std::vector<std::string> secrets = {"S3cret-password", "R3fresh-token", "Qu3ry-signature", "K3y-of-backend"};
    for (const int status : {301, 302, 303, 307, 308}) {
        for (const char *method : {"GET", "POST"}) {
            for (const std::string way : {"https://evil.example/x", "https://home.example:8443/x", "/hop"}) {
                Web web([&](const WebRequest &request, std::size_t) {
                    if (request.url == "https://home.example/hop") return redirect(status, "https://evil.example/x");
                    return request.url.starts_with("https://home.example/") ? redirect(status, way)
                                                                            : WebReply{200, "mine"};
                });
                Client client(web.http(), hasty_client(0));
                const std::string form = method == std::string("POST") ? "refresh_token=R3fresh-token" : "";
                const ferry_header headers[] = {{raw("Authorization"), raw("Basic S3cret-password")},
                                                {raw("X-Key"), raw("K3y-of-backend")},
                                                {raw("Content-Type"), raw("application/x-www-form-urlencoded")}};
                ferry_request request{};
                request.struct_size = sizeof request;
                request.method = raw(std::string_view(method));
                request.url = raw("https://home.example/token?account=me&sig=Qu3ry-signature");
                request.headers = headers;
                request.header_count = 3;
                request.body = raw(form);
                const bool refused = !form.empty() && status >= 307;
                try {
                    ferry::open(client.as_http(), host.operation.op(), request);
                    EXPECT_FALSE(refused);
                } catch (const ferry::Error &e) {
                    EXPECT_TRUE(refused) << e.message.english();
                    EXPECT_EQ(e.code, FERRY_E_PROTOCOL);
                    EXPECT_THAT(e.message.english(), HasSubstr("ferry does not send it there; "));
                    for (const std::string &secret : secrets) EXPECT_THAT(e.message.english(), Not(HasSubstr(secret)));
                }
                for (const WebRequest &seen : web.requests()) {
                    if (seen.url.starts_with("https://home.example/")) continue;
                    std::string all = seen.method + ' ' + seen.url + '\n' + seen.body;
                    for (const auto &[name, value] : seen.headers) all += '\n' + name + ": " + value;
                    for (const std::string &secret : secrets)
                        EXPECT_THAT(all, Not(HasSubstr(secret))) << method << ' ' << status << ' ' << way;
                }
            }
        }
    }
}

TEST_F(ClientTest, NamesTheServerThatSentAHostileRedirect) {
    const std::vector<std::string> hostile = {"ftp://a.example/x",
                                              "file:///etc/passwd",
                                              "gopher://a.example/",
                                              "javascript:1",
                                              "data:,x",
                                              "http:a.example/x",
                                              "https:/a.example",
                                              "https://",
                                              "https:///x",
                                              "https://?x",
                                              "https://#",
                                              "https://:80/x",
                                              "https://a.example:0/x",
                                              "https://a.example:80:80/x",
                                              "https://a.example:99999/x",
                                              "https://a.example:x/",
                                              "https://user:pw@a.example/x",
                                              "https://[::1",
                                              "https://[]/x",
                                              "https://[x]/x",
                                              "https://[::1]x/",
                                              "https://a b.example/",
                                              "https://a.example/a b",
                                              "",
                                              std::string("https://a.example/\0x", 20),
                                              "https://a.example/\x1b[2J",
                                              "https://%31%36%39.254.169.254/x",
                                              "https://1\xe2\x91\xa0.example/x",
                                              "https://169.254.169.254\\@reg.example/x",
                                              "https://reg.example\\.169.254.169.254/",
                                              "\\\\a.example\\x\n",
                                              "https://" + std::string(64 << 10, 'a') + "\x01",
                                              "https://a.example/" + std::string(64 << 10, ' ')};
    for (const std::string &location : hostile) {
        SCOPED_TRACE(location.substr(0, 60));
        Web web([&](const WebRequest &, std::size_t) { return redirect(302, location); });
        Client client(web.http(), hasty_client(3));
        const Error own = test::failure_of([&] { client.fetch(host.operation, {"https://reg.example/x"}, 1000); });
        EXPECT_EQ(own.kind(), Kind::network);
        EXPECT_THAT(own.message.english(), HasSubstr("reg.example redirect"));
        EXPECT_LT(own.message.english().size(), 600U);
        EXPECT_EQ(own.message.english().find('\x1b'), std::string::npos);
        EXPECT_FALSE(own.transient());
        EXPECT_EQ(own.http_status, 302);
        EXPECT_EQ(web.requests().size(), 1U);
        const ferry_request request = test::get_request("https://reg.example/token");
        try {
            ferry::open(client.as_http(), host.operation.op(), request);
            ADD_FAILURE();
        } catch (const ferry::Error &e) {
            EXPECT_EQ(Error::from(e).kind(), Kind::network) << "a backend's request ends like the host's";
        }
    }
}

TEST_F(ClientTest, ARedirectThatTheTransportCannotReadIsNotAUsageError) {
    Web web([](const WebRequest &, std::size_t index) {
        return index ? WebReply{0, "the URL is odd", {}, FERRY_E_INVALID} : redirect(302, "https://b.example/");
    });
    EXPECT_EQ(test::failure_of([&] { fetch(web, {"https://a.example/"}); }).kind(), Kind::network);
}

TEST_F(ClientTest, GivesUpABodyThatDrips) {
    Web web([](const WebRequest &, std::size_t) {
        WebReply reply{200, std::string(100, 'x')};
        reply.piece = 1;
        reply.on_read = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
        return reply;
    });
    ClientRules rules = hasty_client(1);
    rules.rate = {1'000'000, std::chrono::milliseconds(1)};
    const Error e = test::failure_of([&] { fetch(web, {"https://a/"}, 1000, rules); });
    EXPECT_EQ(e.status(), FERRY_E_TIMEOUT);
    EXPECT_THAT(e.message.english(), AllOf(HasSubstr("a sends "), HasSubstr("--min-rate")));
    EXPECT_EQ(web.requests().size(), 2U) << "it is tried again as what stalls is";
    rules.rate.bytes_per_second = 0;
    EXPECT_EQ(fetch(web, {"https://a/"}, 1000, rules).body.size(), 100U);
}

TEST_F(ClientTest, GivesUpASmallAnswerThatTakesForEver) {
    Web web([](const WebRequest &, std::size_t) {
        WebReply reply{200, std::string(100, 'x')};
        reply.piece = 1;
        reply.on_read = [] { std::this_thread::sleep_for(std::chrono::milliseconds(4)); };
        return reply;
    });
    ClientRules rules = hasty_client(0);
    rules.total_timeout_ms = 300; // shorter than the body takes, and long enough for its head
    rules.connect_timeout_ms = rules.stall_timeout_ms = 1;
    const Error e = test::failure_of([&] { fetch(web, {"https://a/"}, 1000, rules); });
    EXPECT_EQ(e.status(), FERRY_E_TIMEOUT);
    EXPECT_THAT(e.message.english(), HasSubstr("--request-timeout"));
    const Client client(web.http(), rules);
    EXPECT_EQ(ferry::read_all(*client.open(host.operation, {"https://a/"}).response, host.operation.op(), 1000).size(),
              100U)
        << "a layer may take its time";
    rules.total_timeout_ms = 0;
    EXPECT_EQ(fetch(web, {"https://a/"}, 1000, rules).body.size(), 100U);
}

// Never answers, until it is told to stop.
class Mute final : public ferry::Transport {
public:
    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &) override {
        for (;;) {
            op.throw_if_cancelled();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
};

TEST_F(ClientTest, GivesUpAHeadThatTakesForEver) {
    Mute mute;
    ClientRules rules = hasty_client(0);
    rules.total_timeout_ms = rules.connect_timeout_ms = rules.stall_timeout_ms = 5;
    const Client client({&ferry::http_table(), static_cast<ferry::Transport *>(&mute)}, rules);
    {
        std::vector<std::jthread> many;
        for (int i = 0; i < 8; ++i)
            many.emplace_back([&] {
                const Error e = test::failure_of([&] { client.open(host.operation, {"https://a/"}); });
                EXPECT_EQ(e.status(), FERRY_E_TIMEOUT);
                EXPECT_THAT(e.message.english(), HasSubstr("the head of the answer of a is not there"));
                EXPECT_TRUE(e.transient());
            });
    }
    rules.total_timeout_ms = 1'000'000;
    const Client patient({&ferry::http_table(), static_cast<ferry::Transport *>(&mute)}, rules);
    std::jthread user([&] { host.stop.request_stop(); });
    EXPECT_EQ(test::failure_of([&] { patient.open(host.operation, {"https://a/"}); }).kind(), Kind::interrupted);
}

TEST_F(ClientTest, TellsBackendsWhatFailed) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{0, "certificate expired", {}, FERRY_E_TLS}; });
    Client client(web.http(), hasty_client());
    const ferry_request request = test::get_request("https://a/token");
    try {
        ferry::open(client.as_http(), host.operation.op(), request);
        FAIL();
    } catch (const ferry::Error &e) {
        EXPECT_EQ(e.code, FERRY_E_TLS);
        EXPECT_EQ(e.message.english(), "certificate expired");
    }
    EXPECT_THROW(ferry::open(client.as_http(), ferry::Op(nullptr), request), ferry::Error) << "outside of an operation";
}

} // namespace
} // namespace ferry::core
