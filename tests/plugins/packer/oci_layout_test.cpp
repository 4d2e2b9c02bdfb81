#include "oci_layout.h"

#include <gmock/gmock.h>

namespace packer {
namespace {

TEST(Digest, HasAnAlgorithmAndDigits) {
    EXPECT_EQ(algorithm_of("sha512:ab"), "sha512");
    EXPECT_EQ(hex_of("sha512:ab"), "ab");
    EXPECT_EQ(hex_of("ab"), "ab");
    EXPECT_EQ(blob_path("sha512:ab"), "blobs/sha512/ab");
}

TEST(Index, ListsItsEntriesAsGoWritesThem) {
    EXPECT_EQ(index_json({}),
              R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
    EXPECT_EQ(index_json({{"m", "sha256:1", 2, "docker.io/library/a:<b>", "<b>", "linux/arm64/v8"},
                          {"n", "sha256:3", 4, {}, {}, "windows/amd64"},
                          {"o", "sha256:5", 6, {}, {}, {}},
                          {"p", "sha256:7", 8, {}, {}, "linux"},
                          {"q", "sha256:9", 10, {}, {}, "linux/a/b/c"}}),
              R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
              R"({"mediaType":"m","digest":"sha256:1","size":2,"annotations":{)"
              R"("io.containerd.image.name":"docker.io/library/a:\u003cb\u003e",)"
              R"("org.opencontainers.image.ref.name":"\u003cb\u003e"},)"
              R"("platform":{"architecture":"arm64","os":"linux","variant":"v8"}},)"
              R"({"mediaType":"n","digest":"sha256:3","size":4,"platform":{"architecture":"amd64","os":"windows"}},)"
              R"({"mediaType":"o","digest":"sha256:5","size":6},{"mediaType":"p","digest":"sha256:7","size":8},)"
              R"({"mediaType":"q","digest":"sha256:9","size":10,)"
              R"("platform":{"architecture":"a","os":"linux","variant":"b/c"}}]})");
}

} // namespace
} // namespace packer
