#include "core/base/digest.h"
#include "core/registry/resolve.h"
#include "support/backend.h"
#include "support/web.h"

#include <gmock/gmock.h>

#include <map>

namespace ferry::core {
namespace {

using test::Host;
using test::Reach;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::HasSubstr;

const std::string manifest_type = "application/vnd.oci.image.manifest.v1+json";
const std::string index_type = "application/vnd.oci.image.index.v1+json";

// A registry of documents by their digest.
class Shelf {
public:
    std::string add(const std::string &type, const std::string &bytes, const std::string &more = {}) {
        documents[digest_of(bytes)] = bytes;
        return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + digest_of(bytes) +
               "\",\"size\":" + std::to_string(bytes.size()) + more + "}";
    }
    std::string image(const std::string &architecture) {
        const std::string config =
            add("application/vnd.oci.image.config.v1+json", "{\"os\":\"linux\",\"architecture\":\"" + architecture +
                                                                "\",\"rootfs\":{\"diff_ids\":[\"" + layer + "\"]}}");
        return add(manifest_type, "{\"mediaType\":\"" + manifest_type + "\",\"config\":" + config +
                                      ",\"layers\":[{\"digest\":\"" + layer + "\",\"size\":1}]}");
    }
    std::string artifact(const std::string &more = {}) {
        return add(manifest_type,
                   "{\"config\":" + add("application/vnd.oci.empty.v1+json", "{}") + ",\"layers\":[{\"digest\":\"" +
                       layer + "\",\"size\":1}]}",
                   more);
    }
    std::string index(const std::string &entries) { return add(index_type, "{\"manifests\":[" + entries + "]}"); }
    WebReply answer(const WebRequest &request) const {
        const auto found = documents.find(request.url.substr(request.url.rfind('/') + 1));
        return found == documents.end() ? WebReply{404, "{}"} : WebReply{200, found->second};
    }
    std::string document(const std::string &descriptor) const { return documents.at(digest(descriptor)); }
    static std::string digest(const std::string &descriptor) {
        return descriptor.substr(descriptor.find("sha256:"), 71);
    }

    std::map<std::string, std::string> documents;
    const std::string layer = digest_of("layer");
};

class ResolveAll : public testing::Test {
protected:
    std::vector<Image> resolve(const std::string &descriptor) {
        Web web([this](const WebRequest &request, std::size_t) { return shelf.answer(request); });
        Reach reach(web.http(), {test::home});
        HttpReply reply;
        reply.status = 200;
        reply.body = shelf.document(descriptor);
        auto images = resolve_all(host.operation, *reach.repository, std::move(reply));
        requests = web.requests().size();
        return images;
    }
    Error error_of(const std::string &descriptor) {
        return test::failure([&] { resolve(descriptor); });
    }
    Host host;
    Shelf shelf;
    std::size_t requests = 0;
};

TEST_F(ResolveAll, TakesAllThatAnIndexListsWithTheIndexesThatLeadThere) {
    const std::string arm = shelf.image("arm64"), amd = shelf.image("amd64"), chart = shelf.artifact(),
                      note = shelf.artifact(R"(,"platform":{"os":"unknown","architecture":"unknown"})");
    const std::string inner = shelf.index(amd), outer = shelf.index(arm + "," + inner + "," + note);
    const auto images = resolve(outer);
    ASSERT_EQ(images.size(), 3U);
    EXPECT_EQ(images[0].platform.str() + ' ' + images[1].platform.str(), "linux/arm64 linux/amd64");
    EXPECT_EQ(images[0].manifest_json, shelf.document(arm));
    EXPECT_EQ(images[0].manifest.size, shelf.document(arm).size());
    ASSERT_EQ(images[0].indexes.size(), 1U);
    EXPECT_EQ(images[0].indexes[0]->json, shelf.document(outer));
    EXPECT_EQ(images[0].indexes[0]->blob.size, shelf.document(outer).size());
    EXPECT_EQ(images[0].indexes[0]->blob.media_type, index_type);
    ASSERT_EQ(images[1].indexes.size(), 2U);
    EXPECT_EQ(images[1].indexes[1]->json, shelf.document(inner));
    EXPECT_FALSE(images[0].attachment);
    EXPECT_TRUE(images[2].attachment);
    EXPECT_EQ(images[2].layers[0].diff_id, "");
}

TEST_F(ResolveAll, TakesOneImageWhereThereIsNoIndex) {
    const auto images = resolve(shelf.image("riscv64"));
    ASSERT_EQ(images.size(), 1U);
    EXPECT_EQ(images[0].platform.str(), "linux/riscv64");
    EXPECT_TRUE(images[0].indexes.empty());
    EXPECT_GT(images[0].manifest.size, 0U);
}

TEST_F(ResolveAll, FindsAManifestThatIsListedTwiceUnderBothIndexes) {
    const std::string amd = shelf.image("amd64"), inner = shelf.index(amd);
    const auto images = resolve(shelf.index(amd + "," + inner));
    ASSERT_EQ(images.size(), 2U);
    EXPECT_EQ(images[0].indexes.size(), 1U);
    EXPECT_EQ(images[1].indexes.size(), 2U) << "else the inner index would be lost";
}

TEST_F(ResolveAll, RefusesAnIndexWithoutImagesWithoutEndOrWithOtherSizes) {
    EXPECT_EQ(error_of(shelf.index("")).kind, Kind::not_found);
    EXPECT_EQ(error_of(shelf.index(shelf.artifact())).kind, Kind::not_found);
    EXPECT_EQ(error_of(shelf.artifact()).kind, Kind::not_found);
    std::string deep = shelf.image("amd64");
    for (int i = 0; i < 4; ++i) deep = shelf.index(deep);
    EXPECT_EQ(resolve(deep).size(), 1U);
    for (int i = 0; i < 4; ++i) deep = shelf.index(deep);
    EXPECT_THAT(error_of(deep).message, HasSubstr("without end"));
    std::string other = shelf.image("amd64");
    other.replace(other.find("\"size\":") + 7, other.find_last_of('}') - other.find("\"size\":") - 7, "9");
    EXPECT_THAT(error_of(shelf.index(other)).message, HasSubstr("while its index says 9"));
    EXPECT_EQ(error_of(shelf.index("{\"mediaType\":\"" + manifest_type + "\",\"digest\":\"" + digest_of("gone") +
                                   "\",\"size\":4}"))
                  .kind,
              Kind::not_found);
}

} // namespace
} // namespace ferry::core
