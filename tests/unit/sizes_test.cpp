// What an image's manifest leaves open, or says wrongly, about sizes (see size_open).
#include "core/image/descriptors.h"
#include "core/registry/open_sizes.h"
#include "core/registry/resolve.h"
#include "support/backend.h"
#include "support/shelf.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure;
using test::home;
using test::Host;
using test::mirror;
using test::Reach;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::HasSubstr;

const std::string layer(5000, 'l'), other(70, 'o');

std::string sized(const std::string &bytes, const std::string &size) {
    return "{\"digest\":\"" + digest_of(bytes) + "\"" + (size.empty() ? "" : ",\"size\":" + size) + "}";
}

class Sizes : public testing::Test, protected test::Shelf {
protected:
    Sizes()
        : web([this](const WebRequest &request, std::size_t index) { return handler(request, index); }),
          reach(web.http(), {mirror, home}) {
        for (const std::string &bytes : {layer, other, config}) put(bytes);
        handler = [this](const WebRequest &request, std::size_t) { return answer(request); };
    }
    std::string with_sizes(const std::string &config_size, const std::string &layer_size) {
        const std::string made = "{\"schemaVersion\":2,\"config\":" + sized(config, config_size) + ",\"layers\":[" +
                                 sized(layer, layer_size) + "," + sized(other, "70") + "," + sized(layer, layer_size) +
                                 "]}";
        return put(made);
    }
    std::vector<Image> resolve(const std::string &top) {
        HttpReply reply;
        reply.status = 200;
        reply.body = top;
        return {resolve_image(host.operation, *reach.repository, std::move(reply), parse_platform("amd64"))};
    }
    std::vector<Image> find(const std::string &top) {
        std::vector<Image> images = resolve(top);
        find_open_sizes(host.operation, *reach.repository, images);
        return images;
    }

    Host host;
    const std::string config = "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":[\"" +
                               digest_of("1") + "\",\"" + digest_of("2") + "\",\"" + digest_of("1") + "\"]}}";
    Web::Handler handler;
    Web web;
    Reach reach;
};

TEST_F(Sizes, ThatAreOpenAreThoseOfTheRegistry) {
    const std::string config_size = std::to_string(config.size());
    for (const std::string &said : {std::string("0"), std::string("null"), std::string()})
        for (const std::string &config_said : {config_size, std::string("0"), std::string()}) {
            const std::size_t before = web.count(digest_of(layer));
            const std::vector<Image> images = find(with_sizes(config_said, said));
            ASSERT_EQ(images[0].layers.size(), 3U);
            EXPECT_EQ(images[0].layers[0].blob.size, layer.size());
            EXPECT_EQ(images[0].layers[1].blob.size, 70U);
            EXPECT_EQ(images[0].layers[2].blob.size, layer.size());
            EXPECT_EQ(images[0].config.size, config.size());
            EXPECT_EQ(images[0].config_json, config);
            EXPECT_NO_THROW(Descriptors{images});
            EXPECT_EQ(web.count(digest_of(layer)) - before, 1U) << "each is asked for once";
            EXPECT_EQ(web.requests().back().header("Range"), "") << "not every server knows ranges";
        }
    EXPECT_EQ(web.count(digest_of(other)), 0U) << "what is said is not asked";
    EXPECT_GT(host.warned("has 0 bytes; the registry says 5000"), 0U) << host.warnings();
}

TEST_F(Sizes, OfNothingAreNotAskedFor) {
    put("");
    const std::string made = "{\"config\":" + sized(config, std::to_string(config.size())) + ",\"layers\":[" +
                             sized("", "0") + "," + sized("", "0") + "," + sized("", "0") + "]}";
    const std::vector<Image> images = find(made);
    for (const Layer &one : images[0].layers) EXPECT_EQ(one.blob.size, 0U);
    EXPECT_EQ(web.count(digest_of("")), 0U);
}

TEST_F(Sizes, ThatNobodyKnowsEndTheCommandAtOnce) {
    const std::pair<const char *, WebReply> answers[] = {
        {"no length", {200, layer}},
        {"a length of nothing", {200, "", {{"Content-Length", "0"}}}},
        {"a length that is no number", {200, layer, {{"Content-Length", "many"}}}},
        {"a length beyond all numbers", {200, layer, {{"Content-Length", "99999999999999999999999"}}}},
    };
    const std::string top = with_sizes(std::to_string(config.size()), "0");
    for (const auto &[what, reply] : answers) {
        handler = [&, reply = reply](const WebRequest &request, std::size_t) {
            return request.url.find(digest_of(layer)) == std::string::npos ? answer(request) : reply;
        };
        const std::size_t before = web.count(digest_of(layer));
        const Error e = failure([&] { find(top); });
        EXPECT_EQ(e.kind(), Kind::integrity) << what << ": " << e.message.english();
        EXPECT_THAT(e.message.english(), HasSubstr(digest_of(layer))) << what;
        EXPECT_THAT(e.message.english(), HasSubstr("0 bytes")) << what;
        EXPECT_EQ(web.count(digest_of(layer)) - before, 2U) << what << ": each endpoint once";
    }
}

TEST_F(Sizes, AreAskedOfTheNextEndpointWhereOneDoesNotTellThem) {
    handler = [this](const WebRequest &request, std::size_t) {
        WebReply reply = answer(request);
        if (request.url[8] == 'm' && request.url.find("/blobs/") != std::string::npos) reply.headers.clear();
        return reply;
    };
    EXPECT_EQ(find(with_sizes("0", "0"))[0].layers[0].blob.size, layer.size());
}

TEST_F(Sizes, AreNotTakenFromALoginPage) {
    const std::string page = "<!DOCTYPE html><html>log in</html>";
    handler = [&](const WebRequest &request, std::size_t) {
        return request.url.find(digest_of(layer)) == std::string::npos
                   ? answer(request)
                   : WebReply{
                         200, page, {{"Content-Length", std::to_string(page.size())}, {"Content-Type", "text/html"}}};
    };
    EXPECT_THAT(failure([&] { find(with_sizes("0", "0")); }).message.english(), HasSubstr("page"));
}

TEST_F(Sizes, OfAConfigAreOpenWithinItsLimit) {
    std::string large(most_manifest_bytes + 1, ' ');
    large.replace(0, config.size(), config);
    put(large);
    const std::string made = "{\"config\":" + sized(large, "0") + ",\"layers\":[]}";
    EXPECT_EQ(failure([&] { resolve(made); }).kind(), Kind::integrity);
    handler = [&](const WebRequest &request, std::size_t) {
        WebReply reply = answer(request);
        if (request.url.find(digest_of(config)) != std::string::npos) reply.body[5] ^= 1;
        return reply;
    };
    const Error e = failure([&] { resolve(with_sizes("0", "0")); });
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("is not what its digest promises"));
}

TEST_F(Sizes, OfAConfigThatAreWrongAreTheImagesFault) {
    for (const char *said : {"1", "100000", "9007199254740992"})
        for (const bool length : {true, false}) {
            handler = [&](const WebRequest &request, std::size_t) {
                WebReply reply = answer(request);
                if (!length) reply.headers.clear();
                return reply;
            };
            EXPECT_EQ(failure([&] { resolve(with_sizes(said, "1")); }).kind(), Kind::integrity)
                << said << ' ' << length;
        }
}

TEST_F(Sizes, OfAManifestMayBeOpenInItsIndex) {
    const std::string top = with_sizes(std::to_string(config.size()), "5000");
    const auto index = [&](const std::string &size) {
        return "{\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" +
               digest_of(top) + "\"" + (size.empty() ? "" : ",\"size\":" + size) +
               ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}";
    };
    for (const char *open : {"0", ""}) {
        EXPECT_EQ(resolve(index(open))[0].manifest.size, top.size());
        HttpReply reply;
        reply.body = index(open);
        EXPECT_EQ(resolve_all(host.operation, *reach.repository, std::move(reply))[0].manifest.size, top.size());
    }
}

} // namespace
} // namespace ferry::core
