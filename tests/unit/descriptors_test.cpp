#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/image/descriptors.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string layer = digest_of("layer"), diff = digest_of("diff");

Descriptor of(const std::string &digest, std::uint64_t size) {
    return {digest, "", size, {}};
}

// An image of team/NAME with one layer of its own.
Image image_of(const std::string &name) {
    Image image;
    image.reference = {{{}, "registry.example"}, "team/" + name, "1", "", "team/" + name};
    image.config_json = "{\"config\":\"" + name + "\"}";
    image.config = of(digest_of(image.config_json), image.config_json.size());
    image.manifest_json = "{\"manifest\":\"" + name + "\"}";
    image.manifest = of(digest_of(image.manifest_json), image.manifest_json.size());
    image.layers = {{of(digest_of(name), 100), digest_of("plain " + name)}};
    return image;
}

std::shared_ptr<const IndexDocument> index_of(const std::string &json) {
    return std::make_shared<IndexDocument>(IndexDocument{of(digest_of(json), json.size()), json});
}

Error refusal(const std::vector<Image> &images) {
    try {
        const Descriptors made(images);
    } catch (const Error &e) {
        return e;
    }
    return {Kind::other, "nothing was thrown"};
}

TEST(Descriptors, HaveOneSizeForEachDigestWhereverItIsNamed) {
    std::vector<Image> images = {image_of("a"), image_of("b")};
    images[0].layers = {{of(layer, 30), diff}, {of(layer, 30), diff}};
    images[1].layers.push_back({of(layer, 30), diff});
    const Descriptors blobs(images);
    ASSERT_TRUE(blobs.find(layer));
    EXPECT_EQ(blobs.at(layer).size, 30U);
    EXPECT_EQ(blobs.at(layer).diff_id, diff);
    EXPECT_EQ(blobs.at(layer).descriptor, &images[0].layers[0].blob) << "the first that names it";
    EXPECT_EQ(blobs.at(layer).image, 0U);
    EXPECT_EQ(blobs.at(layer).bytes, nullptr);
    EXPECT_EQ(blobs.at(images[1].layers[0].blob.digest).image, 1U);
    EXPECT_EQ(blobs.at(images[1].config.digest).bytes, &images[1].config_json);
    EXPECT_EQ(blobs.at(images[1].manifest.digest).bytes, &images[1].manifest_json);
    EXPECT_EQ(blobs.find(digest_of("none")), nullptr);
    EXPECT_THROW(blobs.at(digest_of("none")), Error);
}

TEST(Descriptors, LetWhatDescribesAnImageHoldAnyBytes) {
    std::vector<Image> images = {image_of("a"), image_of("b")};
    images[1].attachment = true;
    images[1].config = of(digest_of("{}"), 2);
    images[1].config_json = "{}";
    images[1].layers = {{of(digest_of("{}"), 2), {}}, // OCI's empty descriptor as config and layer
                        {of(images[0].config.digest, images[0].config.size), {}}, // another's config
                        {of(images[0].layers[0].blob.digest, 100), {}}};          // and its layer
    const Descriptors blobs(images);
    EXPECT_EQ(*blobs.at(digest_of("{}")).bytes, "{}");
    EXPECT_EQ(blobs.at(images[0].layers[0].blob.digest).diff_id, images[0].layers[0].diff_id);
}

TEST(Descriptors, RefuseADigestWithTwoSizesFromAnySource) {
    struct Case {
        const char *what;
        std::function<std::string(Image &, Image &)> spoil; // returns the digest
    };
    const Case cases[] = {
        {"two layers of a manifest",
         [](Image &a, Image &) {
             return a.layers.push_back({of(a.layers[0].blob.digest, 101), a.layers[0].diff_id}),
                    a.layers[0].blob.digest;
         }},
        {"layers of two images",
         [](Image &a, Image &b) {
             return b.layers.push_back({of(a.layers[0].blob.digest, 99), a.layers[0].diff_id}), a.layers[0].blob.digest;
         }},
        {"layer and config",
         [](Image &a, Image &) {
             return a.layers.push_back({of(a.config.digest, a.config.size + 1), diff}), a.config.digest;
         }},
        {"layer and another's config",
         [](Image &a, Image &b) {
             return b.layers.push_back({of(a.config.digest, 5), diff}), a.config.digest;
         }},
        {"config and a layer before it",
         [](Image &a, Image &b) {
             return a.layers.push_back({of(b.config.digest, 5), diff}), b.config.digest;
         }},
        {"layer and manifest",
         [](Image &a, Image &) {
             return a.layers.push_back({of(a.manifest.digest, 5), diff}), a.manifest.digest;
         }},
        {"layer and index",
         [](Image &a, Image &b) {
             a.indexes = {index_of("{\"index\":1}")};
             return b.layers.push_back({of(a.indexes[0]->blob.digest, 5), diff}), a.indexes[0]->blob.digest;
         }},
        {"an attachment's layer",
         [](Image &a, Image &b) {
             return b.attachment = true, b.layers = {{of(a.layers[0].blob.digest, 1), {}}}, a.layers[0].blob.digest;
         }},
        {"sizes of which one is 2^53",
         [](Image &a, Image &b) {
             return b.layers.push_back({of(a.layers[0].blob.digest, std::uint64_t(1) << 53), a.layers[0].diff_id}),
                    a.layers[0].blob.digest;
         }},
    };
    for (const Case &c : cases) {
        std::vector<Image> images = {image_of("a"), image_of("b")};
        const std::string digest = c.spoil(images[0], images[1]);
        const Error e = refusal(images);
        EXPECT_EQ(e.kind(), Kind::integrity) << c.what;
        EXPECT_THAT(e.message.english(), HasSubstr("the blob " + digest + " has ")) << c.what;
        EXPECT_THAT(e.message.english(), HasSubstr(" bytes according to ")) << c.what;
        EXPECT_THAT(e.message.english(), HasSubstr("registry.example/team/")) << c.what;
        EXPECT_FALSE(e.remedy.empty()) << c.what;
    }
}

TEST(Descriptors, NameBothSizesAndWhoSaysThem) {
    std::vector<Image> images = {image_of("a"), image_of("b")};
    images[1].layers.push_back({of(images[0].layers[0].blob.digest, 30), images[0].layers[0].diff_id});
    EXPECT_EQ(
        refusal(images).message.english(),
        "the blob " + digest_of("a") + " has 100 bytes according to layer 1 of registry.example/team/a:1 (manifest " +
            images[0].manifest.digest + "), and 30 bytes according to layer 2 of registry.example/team/b:1 (manifest " +
            images[1].manifest.digest + ")");
}

TEST(Descriptors, RefuseADocumentThatHasAnotherSizeThanItsDescriptorSays) {
    for (Descriptor Image::*which : {&Image::manifest, &Image::config}) {
        std::vector<Image> images = {image_of("a")};
        (images[0].*which).size += 1;
        EXPECT_EQ(refusal(images).kind(), Kind::integrity);
        EXPECT_THAT(refusal(images).message.english(), HasSubstr((images[0].*which).digest));
    }
}

TEST(Descriptors, RefuseALayerThatIsADocumentToo) {
    std::vector<Image> images = {image_of("a"), image_of("b")};
    images[0].indexes = {index_of("{\"index\":1}")};
    for (const Descriptor &document : {images[0].config, images[0].manifest, images[0].indexes[0]->blob}) {
        std::vector<Image> spoilt = images;
        spoilt[1].layers.push_back({document, diff});
        for (int turned = 0; turned < 2; ++turned) {
            EXPECT_EQ(refusal(spoilt).kind(), Kind::integrity);
            EXPECT_THAT(refusal(spoilt).message.english(),
                        HasSubstr("the blob " + document.digest + " cannot be both "));
            std::swap(spoilt[0], spoilt[1]);
        }
    }
}

TEST(Descriptors, RefuseTwoPromisesForOneLayer) {
    std::vector<Image> images = {image_of("a"), image_of("b")};
    images[1].layers.push_back({images[0].layers[0].blob, diff});
    const Error e = refusal(images);
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr(diff));
    EXPECT_THAT(e.message.english(), HasSubstr(images[0].layers[0].diff_id));
}

TEST(Descriptors, RefuseALayerWhoseSizeIsOpen) {
    std::vector<Image> images = {image_of("a")};
    images[0].layers[0].blob.size = 0;
    const Error e = refusal(images);
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("layer 1 of registry.example/team/a:1"));
    EXPECT_THAT(e.message.english(), HasSubstr("not that of nothing"));
    images[0].layers[0].blob = of(digest_of(""), 0);
    EXPECT_THAT(refusal(images).message.english(), Not(HasSubstr("nothing.")));
}

TEST(SizeOpen, IsZeroBytesUnderADigestOfSomething) {
    for (const char *like : {"sha256:", "sha512:"}) {
        EXPECT_TRUE(size_open(of(digest_of("x", like), 0))) << like;
        EXPECT_FALSE(size_open(of(digest_of("x", like), 1))) << like;
        EXPECT_FALSE(size_open(of(digest_of("", like), 0))) << like;
        EXPECT_FALSE(size_open(of(digest_of("", like), 1))) << like << "that is another fault";
    }
}

TEST(SumOfSizes, NeverWraps) {
    constexpr std::uint64_t most = INT64_MAX;
    EXPECT_EQ(sum_of_sizes(0, 0), 0U);
    EXPECT_EQ(sum_of_sizes(most, 0), most);
    EXPECT_EQ(sum_of_sizes(1, most - 1), most);
    for (const auto &[a, b] :
         {std::pair(most, std::uint64_t(1)), std::pair(std::uint64_t(1), most), std::pair(UINT64_MAX, UINT64_MAX),
          std::pair(UINT64_MAX, std::uint64_t(0)), std::pair(std::uint64_t(0), UINT64_MAX)})
        try {
            sum_of_sizes(a, b);
            ADD_FAILURE() << a << " + " << b;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::integrity);
        }
}

} // namespace
} // namespace ferry::core
