#include "core/registry/resolve.h"
#include "support/backend.h"
#include "support/shelf.h"

#include <gmock/gmock.h>

#include <set>

namespace ferry::core {
namespace {

using test::Host;
using test::Reach;
using test::Web;
using test::WebRequest;
using testing::HasSubstr;

const std::string manifest_type = test::oci_manifest, index_type = test::oci_index;

// A shelf whose builders return descriptors.
class Shelf : private test::Shelf {
public:
    using test::Shelf::answer;
    std::string add(const std::string &type, const std::string &bytes, const std::string &more = {}) {
        return descriptor(put(bytes), type, more);
    }
    std::string image(const std::string &architecture) {
        return descriptor(test::Shelf::image(architecture), manifest_type);
    }
    std::string artifact(const std::string &more = {}) {
        return add(manifest_type,
                   "{\"config\":" + add("application/vnd.oci.empty.v1+json", "{}") + ",\"layers\":[{\"digest\":\"" +
                       layer + "\",\"size\":1}]}",
                   more);
    }
    std::string index(const std::string &entries) {
        return descriptor(test::Shelf::index(entries.empty() ? std::vector<std::string>() : std::vector{entries}),
                          index_type);
    }
    std::string document(const std::string &descriptor) const { return held.at(digest(descriptor)); }
    static std::string digest(const std::string &descriptor) {
        return descriptor.substr(descriptor.find("sha256:"), 71);
    }

    const std::string layer = core::digest_of("layer");
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
    EXPECT_EQ(error_of(shelf.index("")).kind(), Kind::not_found);
    EXPECT_EQ(error_of(shelf.index(shelf.artifact())).kind(), Kind::not_found);
    EXPECT_EQ(error_of(shelf.artifact()).kind(), Kind::not_found);
    std::string deep = shelf.image("amd64");
    for (int i = 0; i < 4; ++i) deep = shelf.index(deep);
    EXPECT_EQ(resolve(deep).size(), 1U);
    for (int i = 0; i < 4; ++i) deep = shelf.index(deep);
    EXPECT_THAT(error_of(deep).message.english(), HasSubstr("without end"));
}

TEST_F(ResolveAll, TakesAChildWhoseDigestIsRightWhateverItsSize) {
    std::string other = shelf.image("amd64");
    other.replace(other.find("\"size\":") + 7, other.find_last_of('}') - other.find("\"size\":") - 7, "9");
    const auto images = resolve(shelf.index(other));
    ASSERT_EQ(images.size(), 1U);
    EXPECT_EQ(images[0].manifest.size, images[0].manifest_json.size());
    EXPECT_EQ(host.warned("its index says 9"), 1U);
}

TEST_F(ResolveAll, LeavesNoHoleButNamesWhatIsGoneOrCannotBeKept) {
    const std::string amd = shelf.image("amd64");
    const std::string gone = digest_of("gone"), platform = R"(,"platform":{"os":"linux","architecture":"arm64"})";
    const std::string note = shelf.add("text/plain", "a text");
    const struct {
        std::string entry, digest, says;
    } table[] = {
        {"{\"mediaType\":\"" + manifest_type + "\",\"digest\":\"" + gone + "\",\"size\":4" + platform + "}", gone,
         "linux/arm64"},
        {"{\"mediaType\":\"" + index_type + "\",\"digest\":\"" + gone + "\",\"size\":4}", gone, "its index lists"},
        {note, Shelf::digest(note), ""},
        {shelf.index(""), Shelf::digest(shelf.index("")), "leads to nothing"},
        {shelf.index(shelf.index("")), "", "leads to nothing"}};
    for (const auto &[entry, named, says] : table) {
        const Error e = error_of(shelf.index(amd + "," + entry));
        EXPECT_TRUE(e.kind() == Kind::not_found || e.kind() == Kind::integrity) << entry;
        EXPECT_THAT(e.message.english(), HasSubstr(named));
        EXPECT_THAT(e.message.english(), HasSubstr(says));
        EXPECT_THAT(e.remedy.english(), HasSubstr("-a amd64")) << e.message.english();
    }
}

TEST_F(ResolveAll, KeepsAnArtifactWhoseConfigHasNoTypeAsAnAttachment) {
    const std::string amd = shelf.image("amd64");
    const std::string model =
        shelf.add(manifest_type, "{\"config\":" + shelf.add("application/json", "{}") + ",\"layers\":[{\"digest\":\"" +
                                     shelf.layer + "\",\"size\":1}]}");
    const auto images = resolve(shelf.index(model + "," + amd));
    ASSERT_EQ(images.size(), 2U);
    EXPECT_TRUE(images[0].attachment);
    EXPECT_FALSE(images[1].attachment);
}

TEST_F(ResolveAll, CarriesEachIndexOnceHoweverOftenItIsListed) {
    const std::string amd = shelf.image("amd64"), inner = shelf.index(amd);
    const std::string left = shelf.index(inner + "," + inner), right = shelf.index(inner);
    const auto images = resolve(shelf.index(left + "," + left + "," + right + "," + amd + "," + amd));
    std::set<std::string> carried;
    for (const Image &image : images) {
        for (const auto &index : image.indexes) carried.insert(index->blob.digest);
        for (std::size_t i = 0; i + 1 < image.indexes.size(); ++i)
            EXPECT_THAT(image.indexes[i]->json, HasSubstr(image.indexes[i + 1]->blob.digest)) << "each lists the next";
        EXPECT_THAT(image.indexes.back()->json, HasSubstr(image.manifest.digest));
    }
    EXPECT_EQ(carried.size(), 4U);
    EXPECT_LE(images.size(), 3U);
    EXPECT_EQ(requests, 5U) << "three indexes, a manifest, a config";
}

TEST_F(ResolveAll, AsksForWhatIsListedThousandsOfTimesOnce) {
    std::string level = shelf.index(shelf.image("amd64"));
    for (int depth = 0; depth < 3; ++depth) {
        std::string entries = level;
        for (int i = 1; i < 1000; ++i) entries += "," + level;
        level = shelf.index(entries);
    }
    EXPECT_EQ(resolve(level).size(), 1U);
    EXPECT_EQ(requests, 5U);
}

TEST_F(ResolveAll, GivesUpBeyondItsBounds) {
    std::string many;
    for (int i = 0; i < 1000; ++i) many += (i ? "," : "") + shelf.index(shelf.image("a" + std::to_string(i)));
    const Error number = error_of(shelf.index(many));
    EXPECT_EQ(number.kind(), Kind::integrity);
    EXPECT_THAT(number.message.english(), HasSubstr("more than 500 manifests"));

    std::string large;
    for (int i = 0; i < 40; ++i)
        large += (i ? "," : "") + shelf.image(std::string(3 << 20, char('a' + i % 26)) + std::to_string(i));
    const Error bytes = error_of(shelf.index(large));
    EXPECT_EQ(bytes.kind(), Kind::integrity);
    EXPECT_THAT(bytes.message.english(), HasSubstr("more than 64.0 MiB"));
}

} // namespace
} // namespace ferry::core
