#include "support/host.h"
#include "support/backend.h"
#include "support/web.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::hasty_client;
using test::Host;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

WebReply redirect(int status, std::string location) { return {status, "moved", {{"Location", std::move(location)}}}; }

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

TEST(Redirected, C1_TakesSecretsToTheFirstOriginOnly) {
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
                                {{"Authorization", "Bearer x"}, {"Cookie", "c"}, {"Proxy-Authorization", "p"},
                                 {"Range", "bytes=1-2"}, {"accept", "text"}}};
        const HttpRequest next = redirected(first, Url::parse(one.from), one.location, {});
        EXPECT_EQ(next.url, one.url);
        EXPECT_EQ(next.headers.size(), one.keeps ? 5U : 2U) << one.from << " -> " << one.location;
        EXPECT_EQ(next.headers.back().first, "accept");
        EXPECT_EQ(next.headers[next.headers.size() - 2].first, "Range");
    }
}

TEST(Redirected, KnowsSecretHeadersInAnyCase) {
    const HttpRequest first{"https://a/", {{"authorization", "x"}, {"AUTHORIZATION", "x"}, {"cookie", "x"}}};
    EXPECT_TRUE(redirected(first, Url::parse("https://a/"), "https://b/", {}).headers.empty());
}

TEST(Redirected, C2_RefusesToLeaveEncryptionUnlessAllowed) {
    const HttpRequest first{"https://a/x", {{"Authorization", "Bearer x"}}};
    const Url from = Url::parse("https://a/x");
    for (const char *location : {"http://a/y", "http://b/y?signature"}) {
        try {
            redirected(first, from, location, {});
            ADD_FAILURE() << location;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind, Kind::network);
            EXPECT_THAT(e.message, HasSubstr("a redirects to http://"));
            EXPECT_THAT(e.message, Not(HasSubstr("signature")));
            EXPECT_THAT(e.remedy, HasSubstr("--insecure"));
        }
        ClientRules rules;
        rules.redirects.insecure.everywhere = true;
        EXPECT_TRUE(redirected(first, from, location, rules).headers.empty());
    }
    EXPECT_NO_THROW(redirected({"http://a/x"}, Url::parse("http://a/x"), "http://b/", {}));
    // From a page that was reached without encryption there is no encryption to leave.
    EXPECT_NO_THROW(redirected({"https://a/x"}, Url::parse("http://b/x"), "http://c/", {}));
}

// ---- the client over a web

class ClientTest : public testing::Test {
protected:
    HttpReply fetch(Web &web, const HttpRequest &request, std::size_t limit = 1000, ClientRules rules = hasty_client()) {
        const Client client(web.http(), std::move(rules));
        return client.fetch(host.operation, request, limit);
    }
    Host host;
};

TEST_F(ClientTest, C17_SaysWhoItIsAndAsksForBytesAsTheyAre) {
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

TEST_F(ClientTest, C1_C2_FollowsRedirectsWithTheSecretAtHomeOnly) {
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

TEST_F(ClientTest, C2_EndsALoopOfRedirects) {
    Web web([](const WebRequest &, std::size_t index) { return redirect(307, "/" + std::to_string(index % 2)); });
    try {
        fetch(web, {"https://a/0"});
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind, Kind::network);
        EXPECT_THAT(e.message, HasSubstr("a redirects more than 10 times"));
    }
    EXPECT_EQ(web.requests().size(), 11U);
}

TEST_F(ClientTest, C2_FollowsTenRedirects) {
    Web web([](const WebRequest &, std::size_t index) { return index < 10 ? redirect(302, "x") : WebReply{200, "here"}; });
    EXPECT_EQ(fetch(web, {"https://a/0"}).body, "here");
}

TEST_F(ClientTest, AHostileLocationIsNoMistakeOfTheUser) {
    for (const char *location : {"http://a$b/", "https://user@b/", "https://[::1", "ftp://b/", "https://b:0/", "https://b/\x01",
                                 "https://refused-by-the-transport.example/"}) {
        Web web([&](const WebRequest &, std::size_t index) {
            return index == 0 ? redirect(307, location) : WebReply{200, "no such host", {}, FERRY_E_INVALID};
        });
        EXPECT_EQ(test::failure([&] { fetch(web, {"https://a/"}); }).kind, Kind::network) << location;
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

TEST_F(ClientTest, C13_C15_TriesAgainWhatFailsForTheMoment) {
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
    EXPECT_EQ(host.warned("secret"), 0U) << host.warnings(); // A19
}

TEST_F(ClientTest, ReturnsAStatusThatStaysBad) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{503, "busy"}; });
    EXPECT_EQ(fetch(web, {"https://a/"}, 1000, hasty_client(3)).status, 503);
    EXPECT_EQ(web.requests().size(), 4U);
}

TEST_F(ClientTest, C14_GivesUpAServerThatWantsMorePatienceThanThereIs) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{429, "quota", {{"Retry-After", "21600"}}}; });
    EXPECT_EQ(fetch(web, {"https://a/"}).body, "quota");
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(ClientTest, C15_DoesNotRepeatWhatWouldFailAgain) {
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
        EXPECT_EQ(e.kind, Kind::network);
        EXPECT_EQ(e.message, "failure 2");
    }
}

TEST_F(ClientTest, B6_BoundsTheBody) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, std::string(100, 'x'), {}, FERRY_OK, SIZE_MAX, 7}; });
    EXPECT_EQ(fetch(web, {"https://a/"}, 100).body.size(), 100U);
    try {
        fetch(web, {"https://a/"}, 99);
        FAIL();
    } catch (const Error &e) {
        EXPECT_THAT(e.message, HasSubstr("a: the answer is longer than 99 bytes"));
    }
    EXPECT_EQ(web.requests().size(), 2U);
}

TEST_F(ClientTest, B6_TakesNoMoreOfARefusalThanItsWordsNeed) {
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
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, "not read", {{"Content-Length", "8"}}, FERRY_OK, 0}; });
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
        EXPECT_EQ(e.kind, Kind::interrupted);
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
        EXPECT_EQ(e.kind, Kind::interrupted);
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
    ferry_request request{};
    request.struct_size = sizeof request;
    request.method = raw("GET");
    request.url = raw("https://a/token");
    request.headers = &header;
    request.header_count = 1;
    const auto response = ferry::open(http, host.operation.op(), request);
    EXPECT_EQ(ferry::read_all(*response, host.operation.op(), 100), "token");
    EXPECT_EQ(web.requests().size(), 3U);
    EXPECT_EQ(web.requests()[1].header("Authorization"), "Basic x");
    EXPECT_EQ(web.requests()[2].header("Authorization"), "");
}

TEST_F(ClientTest, TellsBackendsWhatFailed) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{0, "certificate expired", {}, FERRY_E_TLS}; });
    Client client(web.http(), hasty_client());
    ferry_request request{};
    request.struct_size = sizeof request;
    request.method = raw("GET");
    request.url = raw("https://a/token");
    try {
        ferry::open(client.as_http(), host.operation.op(), request);
        FAIL();
    } catch (const ferry::Error &e) {
        EXPECT_EQ(e.code, FERRY_E_TLS);
        EXPECT_EQ(e.message, "certificate expired");
    }
    EXPECT_THROW(ferry::open(client.as_http(), ferry::Op(nullptr), request), ferry::Error) << "outside of an operation";
}

} // namespace
} // namespace ferry::core
