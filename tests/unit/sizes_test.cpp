// What an image's manifest leaves open, or says wrongly, about sizes (see size_open).
#include "core/base/digest.h"
#include "core/image/descriptors.h"
#include "core/registry/resolve.h"
#include "core/registry/sizes.h"
#include "support/backend.h"
#include "support/web.h"

#include <gmock/gmock.h>

#include <map>

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

std::string descriptor(const std::string &bytes, const std::string &size) {
    return "{\"digest\":\"" + digest_of(bytes) + "\"" + (size.empty() ? "" : ",\"size\":" + size) + "}";
}

WebReply whole(const std::string &bytes) {
    return {200, bytes, {{"Content-Length", std::to_string(bytes.size())}}};
}

class Sizes : public testing::Test {
protected:
    Sizes()
        : web([this](const WebRequest &request, std::size_t index) { return answer(request, index); }),
          reach(web.http(), {mirror, home}) {
        for (const std::string &bytes : {layer, other, config}) held[digest_of(bytes)] = bytes;
        answer = [this](const WebRequest &request, std::size_t) { return held_answer(request); };
    }
    WebReply held_answer(const WebRequest &request) const {
        const std::string name = request.url.substr(request.url.rfind('/') + 1, 71);
        const auto found = held.find(name);
        return found == held.end() ? WebReply{404, "{}"} : whole(found->second);
    }
    std::string manifest(const std::string &config_size, const std::string &layer_size) {
        const std::string made = "{\"schemaVersion\":2,\"config\":" + descriptor(config, config_size) +
                                 ",\"layers\":[" + descriptor(layer, layer_size) + "," + descriptor(other, "70") + "," +
                                 descriptor(layer, layer_size) + "]}";
        held[digest_of(made)] = made;
        return made;
    }
    std::vector<Image> resolve(const std::string &top) {
        HttpReply reply;
        reply.status = 200;
        reply.body = top;
        return {resolve_image(host.operation, *reach.repository, std::move(reply), parse_platform("amd64"))};
    }
    std::vector<Image> find(const std::string &top) {
        std::vector<Image> images = resolve(top);
        find_sizes(host.operation, *reach.repository, images);
        return images;
    }

    Host host;
    std::map<std::string, std::string> held;
    const std::string config = "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":[\"" +
                               digest_of("1") + "\",\"" + digest_of("2") + "\",\"" + digest_of("1") + "\"]}}";
    Web::Handler answer;
    Web web;
    Reach reach;
};

TEST_F(Sizes, ThatAreOpenAreThoseOfTheRegistry) {
    const std::string config_size = std::to_string(config.size());
    for (const std::string &said : {std::string("0"), std::string("null"), std::string()})
        for (const std::string &config_said : {config_size, std::string("0"), std::string()}) {
            const std::size_t before = web.count(digest_of(layer));
            const std::vector<Image> images = find(manifest(config_said, said));
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
    held[digest_of("")] = "";
    const std::string made = "{\"config\":" + descriptor(config, std::to_string(config.size())) + ",\"layers\":[" +
                             descriptor("", "0") + "," + descriptor("", "0") + "," + descriptor("", "0") + "]}";
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
    const std::string top = manifest(std::to_string(config.size()), "0");
    for (const auto &[what, reply] : answers) {
        answer = [&, reply = reply](const WebRequest &request, std::size_t) {
            return request.url.find(digest_of(layer)) == std::string::npos ? held_answer(request) : reply;
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
    answer = [this](const WebRequest &request, std::size_t) {
        WebReply reply = held_answer(request);
        if (request.url[8] == 'm' && request.url.find("/blobs/") != std::string::npos) reply.headers.clear();
        return reply;
    };
    EXPECT_EQ(find(manifest("0", "0"))[0].layers[0].blob.size, layer.size());
}

TEST_F(Sizes, AreNotTakenFromALoginPage) {
    const std::string page = "<!DOCTYPE html><html>log in</html>";
    answer = [&](const WebRequest &request, std::size_t) {
        return request.url.find(digest_of(layer)) == std::string::npos
                   ? held_answer(request)
                   : WebReply{
                         200, page, {{"Content-Length", std::to_string(page.size())}, {"Content-Type", "text/html"}}};
    };
    EXPECT_THAT(failure([&] { find(manifest("0", "0")); }).message.english(), HasSubstr("page"));
}

TEST_F(Sizes, OfAConfigAreOpenWithinItsLimit) {
    std::string large(most_manifest_bytes + 1, ' ');
    large.replace(0, config.size(), config);
    held[digest_of(large)] = large;
    const std::string made = "{\"config\":" + descriptor(large, "0") + ",\"layers\":[]}";
    EXPECT_EQ(failure([&] { resolve(made); }).kind(), Kind::integrity);
    answer = [&](const WebRequest &request, std::size_t) {
        WebReply reply = held_answer(request);
        if (request.url.find(digest_of(config)) != std::string::npos) reply.body[5] ^= 1;
        return reply;
    };
    const Error e = failure([&] { resolve(manifest("0", "0")); });
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("is not what its digest promises"));
}

TEST_F(Sizes, OfAConfigThatAreWrongAreTheImagesFault) {
    for (const char *said : {"1", "100000", "9007199254740992"})
        for (const bool length : {true, false}) {
            answer = [&](const WebRequest &request, std::size_t) {
                WebReply reply = held_answer(request);
                if (!length) reply.headers.clear();
                return reply;
            };
            EXPECT_EQ(failure([&] { resolve(manifest(said, "1")); }).kind(), Kind::integrity) << said << ' ' << length;
        }
}

TEST_F(Sizes, OfAManifestMayBeOpenInItsIndex) {
    const std::string top = manifest(std::to_string(config.size()), "5000");
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
