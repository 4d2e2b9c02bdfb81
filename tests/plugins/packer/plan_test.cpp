#include "images.h"

#include <gmock/gmock.h>

#include <set>

namespace {

using namespace test;
using testing::HasSubstr;

const PackerPlugin &docker() {
    static const PackerPlugin plugin(DOCKER_PLUGIN);
    return plugin;
}
const PackerPlugin &synology() {
    static const PackerPlugin plugin(SYNOLOGY_PLUGIN);
    return plugin;
}

constexpr const char *zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
constexpr const char *docker_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

// A manifest as a registry sends it, with what a rewriting packer must not lose.
Image zstd_image() {
    Image image;
    image.layers = {{'1', 'a', zstd, 100}, {'2', 'b'}};
    image.manifest_json =
        R"({
  "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": ")" +
        digest('c') + R"(", "size": 14},
  "layers": [
    {"mediaType": "application/vnd.oci.image.layer.v1.tar+zstd", "digest": ")" +
        digest('1') +
        R"(", "size": 100, "annotations": {"io.github.containers.zstd-chunked.manifest-position": "1:2", "keep": "me"}},
    {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": ")" +
        digest('2') + R"(", "size": 100}
  ], "annotations": {"big": "18446744073709551616"}
})";
    return image;
}

Image sized(Image image, std::uint64_t unpacked_size) {
    for (Layer &layer : image.layers) layer.unpacked_size = unpacked_size;
    return image;
}

std::vector<Image> many_images() {
    Image one, two, nameless;
    one.layers = {{'1', 'a'}, {'2', 'b'}, {'1', 'a'}};
    two.names = {"ghcr.io/u/two:x", "two:latest"};
    two.config_digest = 'd';
    two.manifest_digest = 'f';
    two.config_json = R"({"os":"linux","author":"two","rootfs":{}})";
    two.manifest_json = R"({"two":2})";
    two.layers = {{'1', 'a'}, {'3', 'b', docker_gzip}};
    two.created = 2000;
    nameless.names = {};
    nameless.config_digest = '9';
    nameless.manifest_digest = '8';
    nameless.config_json = R"({"os":"linux","author":"three","rootfs":{}})";
    return {one, two, nameless, zstd_image()};
}

// What the host may rely on, whatever the packer.
class AnyPacker : public testing::TestWithParam<const char *> {
protected:
    PackerPlugin plugin_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Plugins, AnyPacker, testing::Values(DOCKER_PLUGIN, SYNOLOGY_PLUGIN),
                         [](const auto &one) { return one.index ? "synology" : "docker"; });

TEST_P(AnyPacker, DescribesItself) {
    const ferry_plugin &plugin = plugin_.plugin();
    EXPECT_EQ(plugin.magic, FERRY_PLUGIN_MAGIC);
    EXPECT_EQ(plugin.struct_size, sizeof(ferry_plugin));
    EXPECT_EQ(std::string(plugin.manifest).rfind(FERRY_MANIFEST_HEAD, 0), 0U);
    EXPECT_THAT(plugin.manifest, HasSubstr("\nid " + std::string(plugin.id) + "\n"));
    EXPECT_EQ(plugin.get_interface("ferry.packer/2"), nullptr);
    EXPECT_EQ(plugin.get_interface(nullptr), nullptr);
    EXPECT_STREQ(plugin_.table().suffix, ".tar");
    EXPECT_EQ(plugin_.table().flags, FERRY_PACKER_MANY_IMAGES);
}

TEST_P(AnyPacker, GivesTheSamePlanTwice) {
    const Outcome first = plugin_.plan(many_images()), second = plugin_.plan(many_images());
    ASSERT_EQ(first.status, FERRY_OK) << first.message;
    EXPECT_EQ(first.lines(), second.lines());
}

TEST_P(AnyPacker, KeepsWhatIsNotLateWhenSizesBecomeKnown) {
    std::vector<Image> images = many_images();
    const Outcome first = plugin_.plan(images);
    for (Image &image : images) image = sized(image, 5000);
    const Outcome second = plugin_.plan(images);
    ASSERT_EQ(first.entries.size(), second.entries.size());
    for (std::size_t i = 0; i < first.entries.size(); ++i) {
        EXPECT_EQ(first.entries[i].late, second.entries[i].late);
        if (first.entries[i].late) continue;
        EXPECT_EQ(first.entries[i].path, second.entries[i].path);
        EXPECT_EQ(first.entries[i].source, second.entries[i].source);
    }
}

TEST_P(AnyPacker, ReportsTheHostsRefusalAtEachEntry) {
    const std::size_t count = plugin_.plan(many_images()).entries.size();
    ASSERT_GT(count, 5U);
    for (std::size_t i = 0; i < count; ++i) {
        const Outcome refused = plugin_.plan(many_images(), i);
        EXPECT_EQ(refused.status, FERRY_E_IO) << i;
        EXPECT_EQ(refused.message, "entry refused by the test") << i;
        EXPECT_EQ(refused.entries.size(), i);
    }
}

TEST_P(AnyPacker, UsesSafeAndUniquePathsAndKnownBlobs) {
    const Outcome outcome = plugin_.plan(many_images());
    std::set<std::string> paths;
    for (const Entry &entry : outcome.entries) {
        EXPECT_TRUE(paths.insert(entry.path).second) << entry.path;
        EXPECT_EQ(entry.path.find_first_not_of("abcdefghijklmnopqrstuvwxyzVERSION0123456789-_/."), entry.path.npos);
        EXPECT_NE(entry.path.front(), '/');
        EXPECT_EQ(entry.path.find(".."), entry.path.npos);
        EXPECT_LE(entry.path.size(), 100U) << "fits a ustar header";
        if (entry.kind == FERRY_ENTRY_FILE && entry.from != FERRY_FROM_INLINE) {
            EXPECT_TRUE(entry.source == digest('1') || entry.source == digest('2') || entry.source == digest('3'));
        }
        EXPECT_EQ(entry.mode, entry.kind == FERRY_ENTRY_DIRECTORY ? 0755U
                              : entry.kind == FERRY_ENTRY_SYMLINK ? 0777U
                                                                  : 0644U);
    }
}

TEST_P(AnyPacker, PacksNoImages) {
    const Outcome outcome = plugin_.plan({});
    EXPECT_EQ(outcome.status, FERRY_OK);
    EXPECT_EQ(outcome.text("manifest.json"), "[]\n");
    EXPECT_EQ(outcome.find("repositories"), nullptr);
}

TEST_P(AnyPacker, WritesNullTagsAndNoRepositoriesWithoutNames) {
    Image image;
    image.names = {};
    image.layers = {{'1', 'a'}};
    const Outcome outcome = plugin_.plan({image});
    EXPECT_THAT(outcome.text("manifest.json"), HasSubstr(R"("RepoTags":null)"));
    EXPECT_EQ(outcome.find("repositories"), nullptr);
}

TEST_P(AnyPacker, PacksAnImageWithoutLayers) {
    const Outcome outcome = plugin_.plan({Image{}});
    EXPECT_EQ(outcome.status, FERRY_OK);
    EXPECT_THAT(outcome.text("manifest.json"), HasSubstr(R"("RepoTags":["app:1"],"Layers":[]})"));
    EXPECT_EQ(outcome.find("repositories"), nullptr) << "there is no layer that it could name";
}

TEST_P(AnyPacker, MergesTheNamesOfTheSameImage) {
    Image one, again;
    one.layers = again.layers = {{'1', 'a'}};
    again.names = {"other:2", "app:1"};
    const Outcome outcome = plugin_.plan({one, again});
    EXPECT_EQ(outcome.status, FERRY_OK) << outcome.message;
    EXPECT_THAT(outcome.text("manifest.json"), HasSubstr(R"("RepoTags":["app:1","other:2"])"));
    EXPECT_EQ(outcome.text("manifest.json").find("Config"), outcome.text("manifest.json").rfind("Config"));
}

// --- synology

TEST(Synology, WritesTheClassicLayout) {
    Image image;
    image.layers = {{'1', 'a'}, {'2', 'b'}, {'1', 'a'}};
    const Outcome outcome = synology().plan({image});
    std::vector<std::string> ids;
    for (const Entry &entry : outcome.entries)
        if (entry.kind == FERRY_ENTRY_DIRECTORY) ids.push_back(entry.path);
    ASSERT_EQ(ids.size(), 3U);
    std::string lines = outcome.lines();
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t at; (at = lines.find(ids[i])) != lines.npos;) lines.replace(at, 64, "V" + std::to_string(i));
    const std::string zero = R"("container_config":{"Hostname":"","Domainname":"","User":"","AttachStdin":false,)"
                             R"("AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,)"
                             R"("StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"",)"
                             R"("Entrypoint":null,"OnBuild":null,"Labels":null},"os":"linux"})";
    EXPECT_EQ(lines, "file c.json < {\"os\":\"linux\",\"rootfs\":{}}\n"
                     "dir V0\n"
                     "file V0/VERSION < 1.0\n"
                     "file V0/json < {\"id\":\"V0\",\"created\":\"1970-01-01T00:00:00Z\"," +
                         zero +
                         "\n"
                         "file V0/layer.tar < unpacked sha256:1\n"
                         "dir V1\n"
                         "file V1/VERSION < 1.0\n"
                         "file V1/json < {\"id\":\"V1\",\"parent\":\"V0\",\"created\":\"1970-01-01T00:00:00Z\"," +
                         zero +
                         "\n"
                         "file V1/layer.tar < unpacked sha256:2\n"
                         "dir V2\n"
                         "file V2/VERSION < 1.0\n"
                         "file V2/json < {\"id\":\"V2\",\"parent\":\"V1\",\"created\":\"0001-01-01T00:00:00Z\"," +
                         zero +
                         "\n"
                         "link V2/layer.tar -> ../V0/layer.tar\n"
                         "file manifest.json < [{\"Config\":\"c.json\",\"RepoTags\":[\"app:1\"],"
                         "\"Layers\":[\"V0/layer.tar\",\"V1/layer.tar\",\"V2/layer.tar\"]}]\n"
                         "file repositories < {\"app\":{\"1\":\"V2\"}}\n");
    EXPECT_THAT(outcome.warnings, testing::IsEmpty());
}

TEST(Synology, DatesEntriesByTheConfigAndTheListsByNothing) {
    Image image;
    image.layers = {{'1', 'a'}};
    for (const Entry &entry : synology().plan({image}).entries)
        EXPECT_EQ(entry.mtime, entry.path == "manifest.json" || entry.path == "repositories" ? 0 : 1000) << entry.path;
    image.created = -5;
    for (const Entry &entry : synology().plan({image}).entries) EXPECT_EQ(entry.mtime, 0) << entry.path;
    image.created = INT64_MAX;
    EXPECT_EQ(synology().plan({image}).entries[0].mtime, 077777777777) << "what a ustar header holds";
}

TEST(Synology, SharesLayersAcrossImages) {
    Image one, two;
    one.layers = {{'1', 'a'}, {'2', 'b'}};
    two.layers = {{'1', 'a'}, {'3', 'd'}, {'2', 'b'}};
    two.config_digest = 'd';
    two.names = {"two:1"};
    const Outcome outcome = synology().plan({one, two});
    std::vector<std::string> unpacked;
    std::size_t links = 0, directories = 0;
    for (const Entry &entry : outcome.entries) {
        if (entry.from == FERRY_FROM_UNPACKED) unpacked.push_back(entry.source);
        if (entry.kind == FERRY_ENTRY_DIRECTORY) ++directories;
        if (entry.kind != FERRY_ENTRY_SYMLINK) continue;
        ++links;
        EXPECT_NE(outcome.find(entry.source.substr(3)), nullptr) << "the link leads to an entry";
    }
    EXPECT_THAT(unpacked, testing::ElementsAre(digest('1'), digest('2'), digest('3')));
    EXPECT_EQ(directories, 4U) << "the base layer's directory is there once";
    EXPECT_EQ(links, 1U);
}

// skopeo 1.9 and podman fail with "Size mismatch" where an image lists a link to a layer that only another image lists.
TEST(Synology, ListsTheLayerItselfWhereAnotherImageHoldsIt) {
    Image one, two;
    one.layers = {{'1', 'a'}, {'2', 'b'}};
    two.layers = {{'3', 'd'}, {'2', 'b'}, {'3', 'd'}};
    two.config_digest = 'd';
    const Outcome outcome = synology().plan({one, two});
    std::string manifest = outcome.text("manifest.json");
    manifest.erase(0, manifest.rfind("\"Layers\""));
    std::vector<std::string> holders, links;
    for (const Entry &entry : outcome.entries) {
        if (entry.from == FERRY_FROM_UNPACKED) holders.push_back(entry.path);
        if (entry.kind == FERRY_ENTRY_SYMLINK) links.push_back(entry.path);
    }
    ASSERT_EQ(holders.size(), 3U);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(manifest, "\"Layers\":[\"" + holders[2] + "\",\"" + holders[1] + "\",\"" + links[1] + "\"]}]\n");
}

TEST(DockerArchives, AreNotMadeOfAConfigThatDockerCouldNotLoad) {
    for (const PackerPlugin *packer : {&docker(), &synology()})
        for (const auto &[config, because] : std::vector<std::pair<const char *, const char *>>{
                 {R"({"config":{"Env":1}})", "config.Env is not a list of strings"},
                 {R"({"os":"linux"})", "it has no rootfs"},
                 {R"({"rootfs":{},"history":[{}]})", "tells of 1 layers"},
                 {"no JSON", "it is not JSON"}}) {
            Image image;
            image.config_json = config;
            const Outcome outcome = packer->plan({image});
            EXPECT_EQ(outcome.status, FERRY_E_UNSUPPORTED) << "the image is to blame, not the plugin";
            EXPECT_THAT(outcome.message, HasSubstr("library/app"));
            EXPECT_THAT(outcome.message, HasSubstr(because));
        }
}

// --- docker

TEST(Docker, WritesAnOciLayoutWithDockersLists) {
    Image image;
    image.layers = {{'1', 'a'}, {'2', 'b', "application/vnd.oci.image.layer.v1.tar"}, {'1', 'a'}};
    image.names = {"app:1", "ghcr.io/u/app:x"};
    const Outcome outcome = docker().plan({image});
    const std::string head =
        R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:e","size":13,)"
        R"("annotations":{"io.containerd.image.name":)";
    const std::string tail = R"(},"platform":{"architecture":"arm64","os":"linux","variant":"v8"}})";
    EXPECT_EQ(outcome.lines(),
              "dir blobs\n"
              "dir blobs/sha256\n"
              "file blobs/sha256/e < {\"layers\":[]}\n"
              "file blobs/sha256/c < {\"os\":\"linux\",\"rootfs\":{}}\n"
              "file blobs/sha256/1 < blob sha256:1\n"
              "file blobs/sha256/2 < blob sha256:2\n"
              "file oci-layout < {\"imageLayoutVersion\":\"1.0.0\"}\n"
              "file index.json < {\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
              "\"manifests\":[" +
                  head + R"("docker.io/library/app:1","org.opencontainers.image.ref.name":"1")" + tail + "," + head +
                  R"("ghcr.io/u/app:x","org.opencontainers.image.ref.name":"x")" + tail +
                  "]}\n"
                  "file manifest.json < [{\"Config\":\"blobs/sha256/c\",\"RepoTags\":[\"app:1\",\"ghcr.io/u/app:x\"],"
                  "\"Layers\":[\"blobs/sha256/1\",\"blobs/sha256/2\",\"blobs/sha256/1\"]}]\n"
                  "file repositories < {\"app\":{\"1\":\"a\"},\"ghcr.io/u/app\":{\"x\":\"a\"}}\n");
    for (const Entry &entry : outcome.entries) EXPECT_EQ(entry.mtime, 0);
}

TEST(Docker, StoresASharedBlobOnce) {
    Image one, two;
    one.layers = {{'1', 'a'}, {'2', 'b'}};
    two.layers = {{'1', 'a'}, {'3', 'd'}};
    two.config_digest = 'd';
    two.manifest_digest = 'f';
    std::vector<std::string> blobs;
    for (const Entry &entry : docker().plan({one, two}).entries)
        if (entry.from == FERRY_FROM_BLOB) blobs.push_back(entry.source);
    EXPECT_THAT(blobs, testing::ElementsAre(digest('1'), digest('2'), digest('3')));
}

TEST(Docker, KeepsLayersOfUnknownTypeAsTheyAre) {
    Image image;
    image.layers = {{'1', 'a', "application/vnd.example.thing"}, {'2', 'b', ""}};
    const Outcome outcome = docker().plan({image});
    EXPECT_EQ(outcome.find("blobs/sha256/" + hex('1'))->from, FERRY_FROM_BLOB);
    EXPECT_EQ(outcome.find("blobs/sha256/" + hex('2'))->from, FERRY_FROM_BLOB);
}

TEST(Docker, UnpacksZstdAndRewritesTheManifest) {
    const Outcome outcome = docker().plan({sized(zstd_image(), 5120)});
    ASSERT_EQ(outcome.status, FERRY_OK) << outcome.message;
    const Entry *layer = outcome.find("blobs/sha256/" + hex('a'));
    ASSERT_NE(layer, nullptr);
    EXPECT_EQ(layer->from, FERRY_FROM_UNPACKED);
    EXPECT_EQ(layer->source, digest('1'));

    std::vector<const Entry *> late;
    for (const Entry &entry : outcome.entries)
        if (entry.late) late.push_back(&entry);
    ASSERT_EQ(late.size(), 2U);
    const std::string manifest = late[0]->source;
    EXPECT_EQ(manifest,
              R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":)"
              R"("application/vnd.oci.image.config.v1+json","digest":")" +
                  digest('c') +
                  R"(","size":14},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
                  digest('a') + R"(","size":5120,"annotations":{"keep":"me"}},)" +
                  R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + digest('2') +
                  R"(","size":100}],"annotations":{"big":"18446744073709551616"}})");
    const std::string id = late[0]->path.substr(sizeof "blobs/sha256/" - 1);
    EXPECT_EQ(late[1]->path, "index.json");
    EXPECT_THAT(late[1]->source,
                HasSubstr("\"digest\":\"sha256:" + id + "\",\"size\":" + std::to_string(manifest.size())));
    EXPECT_EQ(outcome.find("blobs/sha256/" + hex('e')), nullptr) << "the old manifest would describe absent blobs";
    ASSERT_EQ(outcome.warnings.size(), 1U);
    EXPECT_EQ(outcome.warnings[0],
              "library/app:1: its zstd layers are stored unpacked, because Docker before 23 cannot "
              "read them; the manifest's digest changes from " +
                  digest('e') + " to sha256:" + id);
}

TEST(Docker, WaitsForTheSizesBeforeItNamesTheNewDigest) {
    const Outcome first = docker().plan({zstd_image()});
    EXPECT_EQ(first.status, FERRY_OK);
    EXPECT_THAT(first.warnings, testing::IsEmpty());
    EXPECT_TRUE(first.find("index.json")->late);
    EXPECT_FALSE(first.find("manifest.json")->late) << "it holds no sizes";
}

TEST(Docker, KnowsDockersOwnNameForZstd) {
    Image image = zstd_image();
    image.layers[0].media_type = "application/vnd.docker.image.rootfs.diff.tar.zstd";
    const Outcome outcome = docker().plan({sized(image, 1)});
    EXPECT_EQ(outcome.find("blobs/sha256/" + hex('a'))->from, FERRY_FROM_UNPACKED);
    for (const Entry &entry : outcome.entries)
        if (entry.late && entry.path != "index.json") {
            EXPECT_THAT(entry.source, HasSubstr(R"("mediaType":"application/vnd.docker.image.rootfs.diff.tar",)"));
        }
}

TEST(Docker, RefusesAManifestThatDoesNotFitItsLayers) {
    Image image = zstd_image();
    image.manifest_json = R"({"layers":[{}]})";
    EXPECT_EQ(docker().plan({image}).status, FERRY_E_PROTOCOL);
    image.manifest_json = "<html>";
    const Outcome outcome = docker().plan({image});
    EXPECT_EQ(outcome.status, FERRY_E_PROTOCOL);
    EXPECT_THAT(outcome.message, HasSubstr("the manifest of library/app:1"));
}

} // namespace
