#include "core/base/error.h"
#include "core/image/image.h"
#include "core/image/manifest.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string a = "sha256:" + std::string(64, 'a');
const std::string b = "sha256:" + std::string(64, 'b');
const std::string oci = "application/vnd.oci.image.manifest.v1+json";
const std::string docker = "application/vnd.docker.distribution.manifest.v2+json";
const std::string oci_config = "application/vnd.oci.image.config.v1+json";
const std::string docker_config = "application/vnd.docker.container.image.v1+json";

std::string descriptor(const std::string &digest, const std::string &type, const std::string &more = "") {
    return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":7)" + more + "}";
}
std::string image(const std::string &head, const std::string &config_type, const std::string &layers = "") {
    return "{\"schemaVersion\":2," + head + "\"config\":" + descriptor(a, config_type) + ",\"layers\":[" + layers +
           "]}";
}
Error refusal(const std::string &body, const std::string &type = "") {
    try {
        parse_manifest(body, type, "the test");
    } catch (const Error &e) {
        return e;
    }
    return {Kind::other, "nothing was thrown"};
}

TEST(ManifestAccept, OffersAllFourKinds) {
    for (const char *type : {"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
                             "application/vnd.docker.distribution.manifest.list.v2+json",
                             "application/vnd.docker.distribution.manifest.v2+json"})
        EXPECT_THAT(manifest_accept, HasSubstr(type));
}

TEST(ManifestAccept, HasTheSameTypesOneByOne) {
    std::string all;
    for (const std::string &type : manifest_accept_types()) all += (all.empty() ? "" : ", ") + type;
    EXPECT_EQ(all, manifest_accept);
    EXPECT_EQ(manifest_accept_types().size(), 4U);
}

TEST(Manifest, IsToldFromItsBodyWhateverTheContentType) {
    const std::string body = image("", oci_config, descriptor(b, "application/vnd.oci.image.layer.v1.tar+zstd"));
    const std::string index = R"({"manifests":[)" + descriptor(b, oci) + "]}";
    for (const char *type :
         {"", "text/plain", "application/json", "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
          "application/vnd.oci.image.index.v1+json"}) {
        EXPECT_TRUE(std::holds_alternative<Manifest>(parse_manifest(body, type, "x"))) << type;
        EXPECT_TRUE(std::holds_alternative<Index>(parse_manifest(index, type, "x"))) << type;
    }
}

TEST(Manifest, GivesConfigAndLayersInOrder) {
    const auto manifest = std::get<Manifest>(parse_manifest(
        image("\"mediaType\":\"" + docker + "\",", docker_config,
              descriptor(b, "layer/1") + "," + descriptor(a, "layer/2", R"(,"urls":["https://u/1","https://u/2"])")),
        oci, "x"));
    EXPECT_EQ(manifest.media_type, docker);
    EXPECT_EQ(manifest.config.digest, a);
    EXPECT_EQ(manifest.config.size, 7U);
    ASSERT_EQ(manifest.layers.size(), 2U);
    EXPECT_EQ(manifest.layers[0].digest, b);
    EXPECT_EQ(manifest.layers[0].media_type, "layer/1");
    EXPECT_TRUE(manifest.layers[0].urls.empty());
    EXPECT_THAT(manifest.layers[1].urls, ElementsAre("https://u/1", "https://u/2")); // a foreign layer
}

TEST(Manifest, MayHaveNoLayers) {
    EXPECT_TRUE(std::get<Manifest>(parse_manifest(image("", docker_config), "", "x")).layers.empty());
}

// What dockerd 20.10 takes and refuses (moby distribution/config.go; distribution#1621; image-spec 1.1, artifactType).
TEST(Manifest, IsAnImageByTheTypeOfItsConfig) {
    const struct {
        const char *config, *artifact_type;
        bool image;
    } table[] = {{"application/vnd.oci.image.config.v1+json", "", true},
                 {"application/vnd.docker.container.image.v1+json", "", true},
                 {"application/vnd.oci.image.config.v1+json", "application/vnd.example.app", true},
                 {"application/vnd.docker.container.image.v1+json", "application/vnd.example.app", true},
                 {"application/octet-stream", "", true},
                 {"application/json", "", true},
                 {"text/html", "", true},
                 {"", "", true},
                 {"application/octet-stream", "application/vnd.example.model", false},
                 {"", "application/vnd.example.model", false},
                 {"text/plain", "", false},
                 {"application/x-yaml", "", false},
                 {"application/vnd.oci.empty.v1+json", "", false},
                 {"application/vnd.wasm.config.v0+json", "", false},
                 {"application/vnd.docker.plugin.v1+json", "", false}};
    for (const auto &[config, artifact, is_image] : table) {
        const std::string body = image(*artifact ? "\"artifactType\":\"" + std::string(artifact) + "\"," : "", config);
        EXPECT_EQ(!std::get<Manifest>(parse_manifest(body, "", "x", Artifacts::allowed)).artifact, is_image) << body;
        EXPECT_EQ(refusal(body).message.english() == "nothing was thrown", is_image) << body;
    }
    const std::string untyped = "{\"config\":{\"digest\":\"" + a + "\",\"size\":7},\"layers\":[]}";
    EXPECT_FALSE(std::get<Manifest>(parse_manifest(untyped, "", "x")).artifact);
}

TEST(Manifest, OfSchema1IsKnownFromItsTypeOrItsBody) {
    const std::string prettyjws = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    const struct {
        std::string body, type;
        bool schema1;
    } table[] = {{"{}", prettyjws, true},
                 {"{}", "application/vnd.docker.distribution.manifest.v1+json; charset=utf-8", true},
                 {R"({"schemaVersion":1,"fsLayers":[{"blobSum":"x"}]})", "", true},
                 {R"({"schemaVersion":1,"fsLayers":[]})", "application/json", true},
                 {image("", oci_config), docker, false},
                 {image("\"fsLayers\":1,", oci_config), "", false},
                 {R"({"manifests":[],"annotations":{"fsLayers":""}})", "", false},
                 {"fsLayers", "", false},
                 {"", "", false}};
    for (const auto &[body, type, schema1] : table) EXPECT_EQ(is_schema1(body, type), schema1) << body << type;
}

TEST(Index, KnowsEntriesThatOthersComeBefore) {
    const struct {
        const char *more;
        bool special;
    } table[] = {
        {"", false},
        {R"(,"artifactType":"")", false},
        {R"(,"artifactType":null)", false},
        {R"(,"artifactType":"application/vnd.example.disk")", true},
        {R"(,"artifactType":"application/vnd.amazon.soci.index.v2+json","platform":{"os":"linux","architecture":"amd64"})",
         true},
        {R"(,"artifactType":"application/vnd.oci.image.config.v1+json")", false}, // as referrers are listed
        {R"(,"platform":{"os":"linux","architecture":"amd64","os.features":["nydus.remoteimage.v1"]})", true},
        {R"(,"platform":{"os":"linux","architecture":"amd64","os.features":[]})", false},
        {R"(,"platform":{"os":"linux","architecture":"amd64","os.features":null})", false},
        {R"(,"platform":{"os":"windows","architecture":"amd64","os.version":"10.0.1","os.features":["win32k"]})",
         false}};
    for (const auto &[more, special] : table)
        EXPECT_EQ(std::get<Index>(parse_manifest(R"({"manifests":[)" + descriptor(a, oci, more) + "]}", "", "x"))
                      .entries.at(0)
                      .special,
                  special)
            << more;
}

TEST(Manifest, KeepsAFewUrlsOfALayerHoweverManyThereAre) {
    std::string urls;
    for (int i = 0; i < 1000; ++i) urls += (i ? ",\"u" : "\"u") + std::to_string(i) + '"';
    const auto manifest = std::get<Manifest>(
        parse_manifest(image("", docker_config, descriptor(b, "layer", ",\"urls\":[" + urls + "]")), docker, "x"));
    EXPECT_EQ(manifest.layers.at(0).urls.size(), 16U);
    EXPECT_EQ(manifest.layers.at(0).urls.front(), "u0");
}

TEST(Manifest, OfNoLayersMaySayNullOrNothing) {
    for (const char *layers : {"", ",\"layers\":null", ",\"layers\":[]", ",\"Layers\":null"}) {
        const std::string body = "{\"schemaVersion\":2,\"config\":" + descriptor(a, docker_config) + layers + "}";
        const auto parsed = parse_manifest(body, docker, "x");
        ASSERT_TRUE(std::holds_alternative<Manifest>(parsed)) << body;
        EXPECT_TRUE(std::get<Manifest>(parsed).layers.empty()) << body;
    }
}

TEST(Manifest, IsReadAsGoReadsIt) {
    const std::string body = R"({"SchemaVersion":2,"Config":{"MediaType":")" + oci_config + R"(","DIGEST":")" + b +
                             R"(","digest":")" + a + R"(","Size":7,"x":1e99999,"y":"\ud800\u0000)" + "\xE9" +
                             R"("},"layers":[],"LayerS":[)" + descriptor(b, "caf\xE9\\ud800\\u0000") + "]}";
    const auto manifest = std::get<Manifest>(parse_manifest(body, oci, "x"));
    EXPECT_EQ(manifest.config.digest, a);
    EXPECT_EQ(manifest.config.media_type, oci_config);
    ASSERT_EQ(manifest.layers.size(), 1U);
    EXPECT_EQ(manifest.layers[0].media_type, std::string("caf\xEF\xBF\xBD\xEF\xBF\xBD\0", 10));
    const std::string deep = std::string(9'000, '[') + std::string(9'000, ']');
    EXPECT_NO_THROW(parse_manifest(image("\"x\":" + deep + ",", oci_config), oci, "x"));
    EXPECT_THAT(refusal(image("\"x\":" + deep + deep + ",", oci_config)).message.english(), HasSubstr("is not JSON"));
}

// What was verified is what its publisher made, and no fault of the way here.
TEST(Manifest, ThatWasVerifiedAndDoesNotParseIsDamaged) {
    for (const std::string &body :
         {std::string("{\"config\":"), std::string("<html>"), std::string("{}"), std::string("null"),
          std::string("[\"x\"]"), std::string(R"({"config":5})"), std::string(R"({"manifests":{}})"),
          std::string(R"({"errors":[{"code":"X","message":"y"}]})"), image("", oci_config, "{}"),
          image("", oci_config, "[1]")}) {
        for (const Kind blame : {Kind::network, Kind::integrity}) {
            try {
                parse_manifest(body, "", "the test", Artifacts::refused, blame);
                ADD_FAILURE() << body;
            } catch (const Error &e) {
                EXPECT_EQ(e.kind(), blame) << body;
                EXPECT_THAT(e.message.english(), HasSubstr("the test")) << body;
            }
        }
    }
    EXPECT_THAT(refusal(R"({"errors":[{"code":"DENIED","message":"not yours"}]})").message.english(),
                HasSubstr("DENIED, not yours"));
}

TEST(Manifest, WithoutATypeTakesTheOneSentOrThatOfItsConfig) {
    const struct {
        std::string config, sent, expected;
    } table[] = {{docker_config, docker, docker},
                 {oci_config, oci + ";charset=utf-8", oci},
                 {docker_config, "", docker},
                 {oci_config, "", oci},
                 {docker_config, "text/html", docker},
                 {"", "", oci},
                 {"", docker, docker}};
    for (const auto &[config, sent, expected] : table)
        EXPECT_EQ(std::get<Manifest>(parse_manifest(image("", config), sent, "x")).media_type, expected)
            << config << sent;
}

TEST(Index, GivesItsEntriesWithTheirPlatforms) {
    const auto index = std::get<Index>(parse_manifest(
        R"({"manifests":[)" +
            descriptor(a, oci, R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8","os.version":"1"})") +
            "," + descriptor(b, "application/vnd.oci.image.index.v1+json") + "," +
            descriptor(b, "application/vnd.docker.distribution.manifest.list.v2+json", R"(,"platform":null)") + "]}",
        "", "x"));
    ASSERT_EQ(index.entries.size(), 3U);
    EXPECT_EQ(index.entries[0].platform.str(), "linux/arm64/v8");
    EXPECT_FALSE(index.entries[0].is_index);
    EXPECT_FALSE(index.entries[0].attestation);
    EXPECT_TRUE(index.entries[1].is_index);
    EXPECT_TRUE(index.entries[1].platform.os.empty());
    EXPECT_TRUE(index.entries[2].is_index);
}

TEST(Index, KnowsAttestationsWhateverElseTheySay) {
    const char *const marks[] = {
        R"(,"platform":{"os":"unknown","architecture":"unknown"})",
        R"(,"platform":{"os":"linux","architecture":"unknown"})",
        R"(,"platform":{"os":"linux","architecture":"amd64"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"})",
        R"(,"annotations":{"com.docker.official-images.bashbrew.arch":"amd64","vnd.docker.reference.type":"attestation-manifest"})"};
    for (const char *mark : marks) {
        const auto index =
            std::get<Index>(parse_manifest(R"({"manifests":[)" + descriptor(a, oci, mark) + "]}", "", "x"));
        EXPECT_TRUE(index.entries.at(0).attestation) << mark;
    }
    const auto plain = std::get<Index>(parse_manifest(
        R"({"manifests":[)" +
            descriptor(a, oci, R"(,"annotations":{"com.docker.official-images.bashbrew.arch":"amd64"})") + "]}",
        "", "x"));
    EXPECT_FALSE(plain.entries.at(0).attestation);
}

TEST(Index, MayBeEmpty) {
    EXPECT_TRUE(std::get<Index>(parse_manifest(R"({"manifests":[]})", "", "x")).entries.empty());
    EXPECT_TRUE(
        std::get<Index>(
            parse_manifest(R"({"mediaType":"application/vnd.oci.image.index.v1+json","manifests":null})", "", "x"))
            .entries.empty());
}

TEST(Manifest, OfSchema1IsNamedAndRefused) {
    const Error e = refusal(R"({"schemaVersion":1,"name":"x","fsLayers":[{"blobSum":"x"}],"history":[]})");
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(), HasSubstr("the test"));
    EXPECT_THAT(e.message.english(), HasSubstr("application/vnd.docker.distribution.manifest.v1"));
    EXPECT_FALSE(e.remedy.empty());
}

TEST(Manifest, OfAnArtifactIsNotAnImage) {
    for (const std::string &body :
         {image("\"artifactType\":\"application/x.sbom\",", "application/vnd.oci.empty.v1+json"),
          image("", "application/vnd.oci.empty.v1+json"), image("", "application/vnd.cncf.helm.config.v1+json")}) {
        const Error e = refusal(body);
        EXPECT_EQ(e.kind(), Kind::not_found) << body;
        EXPECT_THAT(e.message.english(),
                    HasSubstr("the test is no container image but an artifact of type application/"));
        EXPECT_FALSE(e.remedy.empty());
    }
}

TEST(Manifest, OfDocumentsIsNotAnImageThoughItsConfigIsOne) {
    for (const char *type : {"application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.in-toto+json"}) {
        const std::string body =
            R"({"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:)" +
            std::string(64, 'a') + R"(","size":1},"layers":[{"mediaType":")" + type + R"(","digest":"sha256:)" +
            std::string(64, 'b') + R"(","size":1}]})";
        try {
            parse_manifest(body, "", "the manifest");
            ADD_FAILURE() << type;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::not_found);
            EXPECT_NE(e.message.english().find(type), std::string::npos) << e.message.english();
        }
    }
}

TEST(Manifest, ThatIsMalformedIsRefused) {
    const std::string table[] = {
        "",
        "[]",
        "{}",
        "null",
        R"({"manifests":{}})",
        R"({"manifests":[1]})",
        R"({"manifests":[{}]})",
        R"({"config":{},"layers":[]})",
        R"({"layers":[]})",
        image("", oci_config, "1"),
        image("", oci_config, "{}"),
        image("", oci_config, R"({"digest":"sha256:..","size":1})"),
        image("", oci_config, R"({"digest":"md5:)" + std::string(64, 'a') + R"(","size":1})"),
        image("", oci_config, R"({"digest":"sha256:)" + std::string(64, 'A') + R"(","size":1})"),
        image("", oci_config, R"({"digest":"../../etc/passwd","size":1})"),
        image("", oci_config, "{\"digest\":\"" + a + "\",\"size\":-1}"),
        image("", oci_config, "{\"digest\":\"" + a + "\",\"size\":\"1\"}"),
        image("", oci_config, "{\"digest\":\"" + a + "\",\"size\":18446744073709551616}"),
        image("", oci_config, descriptor(a, "x", R"(,"urls":"https://u")")),
        "{\"config\":" + descriptor(a, oci_config) + ",\"layers\":{}}",
        image("", oci_config) + std::string(most_manifest_bytes, ' ')};
    for (const std::string &body : table) {
        const Error e = refusal(body);
        EXPECT_TRUE(e.kind() == Kind::network || e.kind() == Kind::integrity)
            << body.substr(0, 200) << e.message.english();
        EXPECT_THAT(e.message.english(), HasSubstr("the test"));
    }
}

TEST(ImageConfig, GivesPlatformLayersAndDate) {
    const ImageConfig config = parse_config(
        R"({"os":"linux","architecture":"arm","variant":"v7","created":"2024-01-02T03:04:05.678901234Z","rootfs":{"type":"layers","diff_ids":[")" +
            a + R"(",")" + b + R"("]},"config":{"Env":null}})",
        "the config");
    EXPECT_EQ(config.platform.str(), "linux/arm/v7");
    EXPECT_THAT(config.diff_ids, ElementsAre(a, b));
    EXPECT_EQ(config.created, 1704164645);
}

TEST(ImageConfig, MayLeaveThingsOut) {
    const ImageConfig config = parse_config(R"({"architecture":"amd64","rootfs":null,"created":null})", "the config");
    EXPECT_EQ(config.platform.str(), "linux/amd64");
    EXPECT_TRUE(config.diff_ids.empty());
    EXPECT_EQ(config.created, 0);
    EXPECT_TRUE(parse_config("{}", "the config").diff_ids.empty());
    for (const char *body : {"{}", R"({"os":"","architecture":""})", R"({"os":null,"architecture":null})"})
        EXPECT_EQ(parse_config(body, "the config").platform, (Platform{"linux", "", ""})) << body;
    EXPECT_TRUE(parse_config(R"({"rootfs":{"type":"layers","diff_ids":null}})", "the config").diff_ids.empty());
    EXPECT_THAT(parse_config(R"({"rootfS":{"DIFF_IDS":[")" + a + R"("]}})", "the config").diff_ids, ElementsAre(a));
}

TEST(ImageConfig, ThatIsMalformedIsRefused) {
    for (const char *body : {"", "x", R"({"rootfs":{"diff_ids":1}})", R"({"rootfs":{"diff_ids":[1]}})",
                             R"({"rootfs":{"diff_ids":["sha256:../x"]}})", R"({"os":1})", R"({"created":1})"}) {
        try {
            parse_config(body, "the config");
            ADD_FAILURE() << body;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::integrity) << "its digest was verified: " << body;
            EXPECT_THAT(e.message.english(), HasSubstr("the config"));
        }
    }
}

TEST(ImageViews, ShowPackersWhatTheImageIs) {
    Image one;
    one.reference = {{"http", "host", 5000}, "team/app", "1", "", "host:5000/team/app"};
    one.platform = {"linux", "arm64", "v8"};
    one.names = {"app:1", "app:latest"};
    one.manifest = {a, oci, 3, {}};
    one.manifest_json = "{1}";
    one.config = {b, oci_config, 4, {}};
    one.config_json = "{22}";
    one.layers = {{{a, "t1", 5, {}}, b}, {{b, "t2", 6, {}}, a}};
    one.created = 99;
    one.indexes = {std::make_shared<IndexDocument>(IndexDocument{{b, "index", 2, {}}, "[]"})};
    Image two;
    two.attachment = true;
    const std::vector<Image> images{one, two};
    const ImageViews views(images, {{b, 1000}});
    ASSERT_EQ(views.size(), 2U);
    const ferry_image &view = *views.data()[0];
    EXPECT_EQ(view.struct_size, sizeof(ferry_image));
    EXPECT_EQ(str(view.registry) + ' ' + str(view.repository) + ' ' + str(view.tag) + ' ' + str(view.platform),
              "host:5000 team/app 1 linux/arm64/v8");
    ASSERT_EQ(view.name_count, 2U);
    EXPECT_EQ(str(view.names[1]), "app:latest");
    EXPECT_EQ(str(view.manifest.digest) + str(view.manifest_json), a + "{1}");
    EXPECT_EQ(str(view.config.digest) + str(view.config_json), b + "{22}");
    EXPECT_EQ(str(view.config.diff_id), "");
    ASSERT_EQ(view.layer_count, 2U);
    EXPECT_EQ(str(view.layers[0].digest) + str(view.layers[0].diff_id) + str(view.layers[0].media_type), a + b + "t1");
    EXPECT_EQ(view.layers[0].size, 5U);
    EXPECT_EQ(view.layers[0].unpacked_size, FERRY_SIZE_UNKNOWN);
    EXPECT_EQ(view.layers[1].unpacked_size, 1000U);
    EXPECT_EQ(view.created, 99);
    EXPECT_EQ(views.data()[1]->layer_count, 0U);
    ASSERT_EQ(view.index_count, 1U);
    EXPECT_EQ(str(view.indexes[0].blob.digest) + str(view.indexes[0].json), b + "[]");
    EXPECT_EQ(view.flags, 0U);
    EXPECT_EQ(views.data()[1]->flags, FERRY_IMAGE_ATTACHMENT);
    EXPECT_EQ(views.data()[1]->index_count, 0U);
}

} // namespace
} // namespace ferry::core
