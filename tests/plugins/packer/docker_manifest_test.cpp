#include "docker_manifest.h"

#include <gmock/gmock.h>

namespace packer {
namespace {

struct NameCase {
    const char *typed;
    const char *repository;
    const char *tag;
    const char *full;
};

class Names : public testing::TestWithParam<NameCase> {};

TEST_P(Names, AreSplitAndCompletedAsDockerDoes) {
    const Name name = name_of(GetParam().typed);
    EXPECT_EQ(name.repository, GetParam().repository);
    EXPECT_EQ(name.tag, GetParam().tag);
    EXPECT_EQ(full_name(name), GetParam().full);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Names,
    testing::Values(NameCase{"debian:bookworm", "debian", "bookworm", "docker.io/library/debian:bookworm"},
                    NameCase{"debian", "debian", "latest", "docker.io/library/debian:latest"},
                    NameCase{"user/app:1", "user/app", "1", "docker.io/user/app:1"},
                    NameCase{"docker.io/debian:1", "docker.io/debian", "1", "docker.io/library/debian:1"},
                    NameCase{"index.docker.io/u/a:1", "index.docker.io/u/a", "1", "docker.io/u/a:1"},
                    NameCase{"ghcr.io/a/b:1.2", "ghcr.io/a/b", "1.2", "ghcr.io/a/b:1.2"},
                    NameCase{"host:5000/app", "host:5000/app", "latest", "host:5000/app:latest"},
                    NameCase{"localhost/app:x", "localhost/app", "x", "localhost/app:x"},
                    NameCase{"registry:2", "registry", "2", "docker.io/library/registry:2"}));

TEST(Platform, IsAnOciObject) {
    EXPECT_EQ(platform_json("linux/amd64"), R"({"architecture":"amd64","os":"linux"})");
    EXPECT_EQ(platform_json("linux/arm64/v8"), R"({"architecture":"arm64","os":"linux","variant":"v8"})");
    EXPECT_EQ(platform_json(""), "");
}

TEST(Digest, IsSplit) {
    EXPECT_EQ(algorithm_of("sha512:ab"), "sha512");
    EXPECT_EQ(hex_of("sha512:ab"), "ab");
    EXPECT_EQ(hex_of("ab"), "ab");
}

} // namespace
} // namespace packer
