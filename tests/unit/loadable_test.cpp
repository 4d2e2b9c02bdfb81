#include "core/archive/inflate.h"
#include "core/base/digest.h"
#include "core/pack/loadable.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char *oci_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";

Plan plan_of(const std::vector<std::string> &files, const std::string &unpacked = {}) {
    Plan plan;
    for (const std::string &path : files) plan.entries.push_back({.path = path, .source = {}});
    if (!unpacked.empty())
        plan.entries.push_back({.from = PlanEntry::From::unpacked, .path = "unpacked", .source = unpacked});
    return plan;
}

Image image_of(const std::vector<std::string> &media_types) {
    Image image;
    image.reference = parse_reference("registry.example/team/app:1", "");
    for (const std::string &type : media_types) {
        const std::string digest = digest_of(std::to_string(image.layers.size()));
        image.layers.push_back({{digest, type, 100, {}}, digest});
    }
    return image;
}

std::optional<Error> refusal(const Plan &plan, const Image &image) {
    try {
        require_loadable(plan, {image});
        return std::nullopt;
    } catch (const Error &e) {
        EXPECT_THAT(e.remedy.english(), HasSubstr("-f oci"));
        return e;
    }
}

TEST(ForDocker, IsAnArchiveWithManifestJsonWhicheverPackerMadeIt) {
    EXPECT_TRUE(for_docker(plan_of({"a", "manifest.json"})));
    EXPECT_FALSE(for_docker(plan_of({"a", "blobs/manifest.json", "index.json"})));
    EXPECT_FALSE(for_docker({}));
    Plan folder;
    folder.entries.push_back({.type = TarType::directory, .path = "manifest.json", .source = {}});
    EXPECT_FALSE(for_docker(folder));
}

TEST(LayerTypes, ThatNoEngineUnpacksAreNamed) {
    for (const char *tar : {"", "application/octet-stream", "application/x-unheard-of", oci_gzip,
                            "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd",
                            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                            "application/vnd.docker.image.rootfs.diff.tar.gzip",
                            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                            "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}) {
        EXPECT_THAT(foreign_type(tar).english(), IsEmpty()) << tar;
        EXPECT_FALSE(encrypted_type(tar)) << tar;
    }
    for (const auto &[type, noun] : std::vector<std::pair<const char *, const char *>>{
             {"application/wasm", "WebAssembly"},
             {"application/vnd.wasm.content.layer.v1+wasm", "WebAssembly"},
             {"application/vnd.docker.ai.gguf.v3", "AI model"},
             {"application/vnd.docker.ai.safetensors", "AI model"},
             {"application/vnd.oci.image.layer.nydus.blob.v1", "Nydus"},
             {"application/vnd.oci.image.layer.v1.squashfs", "SquashFS"},
             {"application/vnd.erofs.layer.v1", "EROFS"},
             {"application/vnd.sylabs.sif.layer.v1.sif", "SIF"},
             {"application/vnd.in-toto+json", "JSON"}})
        EXPECT_THAT(foreign_type(type).english(), HasSubstr(noun)) << type;
    for (const char *type :
         {"application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "application/vnd.oci.image.layer.v1.tar+encrypted",
          "application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted"})
        EXPECT_TRUE(encrypted_type(type)) << type;
}

TEST(Loadable, IsRefusedBeforeTheDownloadWhereTheMediaTypeOfALayerTellsThatItIsNotATar) {
    const Image wasm = image_of({oci_gzip, "application/wasm"});
    const auto e = refusal(plan_of({"manifest.json"}), wasm);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->kind(), Kind::not_found);
    EXPECT_THAT(e->message.english(), HasSubstr("registry.example/team/app:1"));
    EXPECT_THAT(e->message.english(),
                HasSubstr(wasm.layers[1].blob.digest + " is a WebAssembly module (application/wasm)"));
    EXPECT_FALSE(refusal(plan_of({"index.json"}), wasm)) << "another format may hold what it likes";
    EXPECT_FALSE(refusal(plan_of({"module"}, wasm.layers[1].blob.digest), wasm));
}

TEST(Loadable, SaysThatALayerIsEncryptedWhereItWouldBeUnpackedOrLoaded) {
    const Image image = image_of({oci_gzip, std::string(oci_gzip) + "+encrypted"});
    for (const Plan &plan : {plan_of({"manifest.json"}), plan_of({"x"}, image.layers[1].blob.digest)}) {
        const auto e = refusal(plan, image);
        ASSERT_TRUE(e);
        EXPECT_EQ(e->kind(), Kind::not_found);
        EXPECT_THAT(e->message.english(), HasSubstr(image.layers[1].blob.digest));
        EXPECT_THAT(e->message.english(), HasSubstr("is encrypted"));
    }
    EXPECT_FALSE(refusal(plan_of({"x"}, image.layers[0].blob.digest), image));
    EXPECT_FALSE(refusal(plan_of({"index.json"}), image));
}

TEST(Loadable, IsRefusedWithMoreLayersThanDockerLoads) {
    for (const std::size_t count : {0U, 1U, 125U})
        EXPECT_FALSE(refusal(plan_of({"manifest.json"}), image_of(std::vector(count, ""s)))) << count;
    for (const std::size_t count : {126U, 127U, 300U}) {
        const auto e = refusal(plan_of({"manifest.json"}), image_of(std::vector(count, ""s)));
        ASSERT_TRUE(e) << count;
        EXPECT_EQ(e->kind(), Kind::not_found);
        EXPECT_THAT(e->message.english(), HasSubstr(std::to_string(count) + " layers"));
        EXPECT_FALSE(refusal(plan_of({"index.json"}), image_of(std::vector(count, ""s))));
    }
}

// What the watch says of bytes that come in pieces of that size.
std::string watched(const std::string &bytes, std::size_t piece) {
    try {
        TarWatch watch("the layer x");
        for (std::size_t at = 0; at < bytes.size(); at += piece) watch.see(std::string_view(bytes).substr(at, piece));
        watch.finish();
        return {};
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::integrity);
        EXPECT_THAT(e.remedy.english(), HasSubstr("-f oci"));
        EXPECT_THAT(e.message.english(), HasSubstr("the layer x is "));
        return e.message.english();
    }
}

std::string v7_header() {
    std::string block = tar_header(TarType::file, "old", 5, 0644, 0);
    block.replace(257, 88, 88, '\0');
    block.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    return block.replace(148, 7, text, 7);
}

TEST(TarWatch, FindsWhatIsNotATarHoweverTheBytesAreCut) {
    const std::string file = tar_header(TarType::file, "a", 5, 0644, 0) + "hello";
    const std::string zeros(1024, '\0');
    std::string spoiled = file;
    spoiled[0] = 'b';
    const std::vector<std::pair<std::string, std::string>> table = {
        {file, ""},
        {tar_header(TarType::directory, "d", 0, 0755, 0), ""},
        {tar_header(TarType::file, std::string(300, 'n'), 0, 0644, 0), ""}, // a pax header comes first
        {v7_header(), ""},
        {zeros, ""},
        {zeros.substr(512), ""},
        {"", ""},
        {spoiled, "is not a tar"},
        {file.substr(0, 511), "is not a tar"},
        {zeros.substr(513), "is not a tar"},
        {zeros.substr(1), "is not a tar"},
        {std::string(511, '\0') + 'x', "is not a tar"},
        {zeros.substr(512) + file, "is not a tar"}, // Docker takes one empty block for damage
        {zeros.substr(512) + "x", "is not a tar"},
        {zeros + "anything", ""},
        {"x", "is not a tar"},
        {std::string("\0asm\1\0\0\0", 8), "a WebAssembly module"},
        {std::string("\0asm\1\0\0\0", 8) + zeros, "a WebAssembly module"},
        {"GGUF" + zeros, "an AI model"},
        {"RAFS" + zeros, "Nydus"},
        {"hsqs" + zeros, "SquashFS"},
        {"\x7f"
         "ELF" +
             zeros,
         "a program"},
        {"PK\x03\x04" + zeros, "a zip archive"},
        {"{\"a\":1}", "a JSON document"},
        {"\x1f\x8b\x08" + zeros, "packed twice with gzip"},
        {"\x28\xb5\x2f\xfd" + zeros, "packed twice with zstd"},
        {std::string(4096, 'n'), "is not a tar"}};
    for (const auto &[bytes, because] : table)
        for (const std::size_t piece : {1U, 7U, 512U, 100'000U})
            EXPECT_THAT(watched(bytes, piece),
                        because.empty() ? testing::Matcher<std::string>(IsEmpty()) : HasSubstr(because))
                << bytes.substr(0, 8) << " in pieces of " << piece;
}

TEST(TarWatch, SpeaksAsSoonAsTheFirstBlockIsThere) {
    TarWatch watch("the layer x");
    watch.see(std::string(511, 'x'));
    EXPECT_FALSE(watch.done());
    EXPECT_THROW(watch.see("x"), Error);
}

TEST(ZstdType, IsTheZstdSiblingOfAnyType) {
    for (const auto &[type, with] : std::vector<std::pair<std::string, std::string>>{
             {oci_gzip, "application/vnd.oci.image.layer.v1.tar+zstd"},
             {"application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd"},
             {"application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.oci.image.layer.v1.tar+zstd"},
             {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
              "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"},
             {"application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar.zstd"},
             {"application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.diff.tar.zstd"},
             {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
              "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd"},
             {"application/octet-stream", "application/vnd.oci.image.layer.v1.tar+zstd"},
             {"", "application/vnd.oci.image.layer.v1.tar+zstd"}}) {
        EXPECT_EQ(zstd_type(type), with) << type;
        EXPECT_EQ(zstd_type(zstd_type(type)), with) << "a right type stays";
    }
}

TEST(PackingOf, IsToldFromTheFirstBytes) {
    const std::vector<std::pair<std::string, Packing>> table = {{"\x1f\x8b\x08", Packing::gzip},
                                                                {"\x1f\x8b", Packing::gzip},
                                                                {"\x1f", Packing::none},
                                                                {"\x28\xb5\x2f\xfd", Packing::zstd},
                                                                {"\x28\xb5\x2f", Packing::none},
                                                                {"\x50\x2a\x4d\x18", Packing::zstd},
                                                                {"\x5f\x2a\x4d\x18", Packing::zstd},
                                                                {"\x60\x2a\x4d\x18", Packing::none},
                                                                {"BZh91A", Packing::bzip2},
                                                                {"\xfd"
                                                                 "7zXZ\0"s,
                                                                 Packing::xz},
                                                                {"\xfd"
                                                                 "7zXZ",
                                                                 Packing::none},
                                                                {"", Packing::none},
                                                                {"usr/bin/true", Packing::none}};
    for (const auto &[head, packing] : table) EXPECT_EQ(packing_of(head), packing) << head;
}

} // namespace
} // namespace ferry::core
