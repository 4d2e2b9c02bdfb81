#include "images.h"

#include <gmock/gmock.h>

namespace {

using namespace test;
using testing::HasSubstr;

const PackerPlugin &oci() {
    static const PackerPlugin plugin(OCI_PLUGIN);
    return plugin;
}

TEST(Oci, DescribesItself) {
    EXPECT_EQ(oci().table().flags, FERRY_PACKER_MANY_IMAGES | FERRY_PACKER_MANY_PLATFORMS);
    EXPECT_STREQ(oci().table().suffix, ".tar");
}

TEST(Oci, StoresEverythingAsItComes) {
    Image image;
    image.layers = {{'1', 'a'}, {'2', 'b', "application/vnd.oci.image.layer.v1.tar+zstd"}, {'1', 'a'}};
    const Outcome plan = oci().plan({image});
    EXPECT_EQ(plan.status, FERRY_OK);
    EXPECT_TRUE(plan.warnings.empty());
    EXPECT_EQ(plan.lines(),
              R"(file oci-layout < {"imageLayoutVersion":"1.0.0"}
file index.json < {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:e","size":13,"annotations":{"io.containerd.image.name":"docker.io/library/app:1","org.opencontainers.image.ref.name":"1"},"platform":{"architecture":"arm64","os":"linux","variant":"v8"}}]}
dir blobs
dir blobs/sha256
file blobs/sha256/e < {"layers":[]}
file blobs/sha256/c < {"os":"linux","rootfs":{}}
file blobs/sha256/1 < blob sha256:1
file blobs/sha256/2 < blob sha256:2
)");
}

// An index over an image, an index over another, and an attestation.
std::vector<Image> family() {
    Image arm, amd, note;
    arm.layers = {{'1', 'a'}};
    amd.layers = {{'1', 'a'}, {'2', 'b'}};
    amd.platform = "linux/amd64";
    amd.manifest_digest = 'f';
    amd.config_digest = 'd';
    note.platform = "unknown/unknown";
    note.manifest_digest = '9';
    note.config_digest = '8';
    note.layers = {{'3', '3', "application/vnd.in-toto+json"}};
    note.attachment = true;
    arm.indexes = note.indexes = {{'7', "the index"}};
    amd.indexes = {{'7', "the index"}, {'6', "an inner index"}};
    return {arm, amd, note};
}

TEST(Oci, KeepsTheIndexThatLedToTheImages) {
    const Outcome plan = oci().plan(family());
    EXPECT_EQ(plan.text("blobs/sha256/" + hex('7')), "the index");
    EXPECT_EQ(plan.text("blobs/sha256/" + hex('6')), "an inner index");
    for (const char digit : std::string("ecfd98123")) EXPECT_TRUE(plan.find("blobs/sha256/" + hex(digit))) << digit;
    EXPECT_EQ(plan.text("index.json"),
              R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
              R"("application/vnd.oci.image.index.v1+json","digest":"sha256:)" +
                  hex('7') +
                  R"(","size":9,"annotations":{"io.containerd.image.name":"docker.io/library/app:1",)"
                  R"("org.opencontainers.image.ref.name":"1"}}]})");
}

TEST(Oci, NamesSeveralImagesSoThatEachIsFound) {
    Image one, two, nameless;
    two.manifest_digest = 'f';
    two.names = {"ghcr.io/u/two:1", "two:9"};
    nameless.manifest_digest = 'd';
    nameless.names = {};
    const Outcome plan = oci().plan({one, two, nameless, one});
    const std::string index = plan.text("index.json");
    EXPECT_THAT(index, HasSubstr(R"("org.opencontainers.image.ref.name":"docker.io/library/app:1")"))
        << "two images have the tag 1";
    EXPECT_THAT(index, HasSubstr(R"("org.opencontainers.image.ref.name":"ghcr.io/u/two:1")"));
    EXPECT_THAT(index, HasSubstr(R"("org.opencontainers.image.ref.name":"9")"));
    std::size_t entries = 0;
    for (std::size_t at = 0; (at = index.find("\"digest\"", at)) != index.npos; ++at) ++entries;
    EXPECT_EQ(entries, 4U) << "one for each name, one for the image without";
}

TEST(Oci, ReadsNoMembersThatAnOlderHostDoesNotHave) {
    // A host of interface 1.0 gives shorter images.
    const auto images_of_now = family();
    const RawImages raw(images_of_now);
    auto *image = const_cast<ferry_image *>(raw.data()[0]);
    image->struct_size = offsetof(ferry_image, indexes);
    image->indexes = reinterpret_cast<const ferry_index *>(1); // must not be touched
    image->index_count = 1;
    const ferry_image *const images[] = {image};
    ferry_op op{};
    op.struct_size = sizeof op;
    ferry_config config{};
    config.struct_size = sizeof config;
    ferry_plan plan{};
    plan.struct_size = sizeof plan;
    plan.add = [](const ferry_plan *, const ferry_entry *, ferry_error *) noexcept -> ferry_status { return FERRY_OK; };
    ferry_error error = ferry::blank_error();
    EXPECT_EQ(oci().table().plan(&op, &config, images, 1, &plan, &error), FERRY_OK);
}

TEST(Oci, ReportsTheHostsRefusalAtEachEntry) {
    const std::size_t count = oci().plan(family()).entries.size();
    for (std::size_t i = 0; i < count; ++i) EXPECT_NE(oci().plan(family(), i).status, FERRY_OK) << i;
    EXPECT_EQ(oci().plan(family(), count).status, FERRY_OK);
}

} // namespace
