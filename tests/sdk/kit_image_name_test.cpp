#include <ferry/kit/image_name.hpp>

#include <gtest/gtest.h>

namespace ferry::kit {
namespace {

struct NameCase {
    const char *typed;
    const char *repository;
    const char *tag;
    const char *full;
};

class Names : public testing::TestWithParam<NameCase> {};

TEST_P(Names, AreSplitAndCompletedAsDockerDoes) {
    const ImageName name = split_image_name(GetParam().typed);
    EXPECT_EQ(name.repository, GetParam().repository);
    EXPECT_EQ(name.tag, GetParam().tag);
    EXPECT_EQ(name.full(), GetParam().full);
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

TEST(DockerHub, HasSeveralHosts) {
    for (const char *host : {"docker.io", "index.docker.io", "registry-1.docker.io", "www.docker.io"})
        EXPECT_TRUE(is_docker_hub(host)) << host;
    for (const char *host : {"", "hub.docker.com", "evil-docker.io", "docker.io:443", "a.docker.io"})
        EXPECT_FALSE(is_docker_hub(host)) << host;
}

TEST(DockerHub, KeepsOneWordNamesUnderLibrary) {
    EXPECT_EQ(with_library("debian"), "library/debian");
    EXPECT_EQ(with_library("team/app"), "team/app");
    EXPECT_EQ(without_library("library/debian"), "debian");
    EXPECT_EQ(without_library("team/library/debian"), "team/library/debian");
}

TEST(RepositoryName, FollowsTheGrammarOfTheSpecification) {
    for (const char *name :
         {"a", "0", "a/b", "a.b_c__d-e---f", "a1/b-c/d.e/f_g/h__i", "a---b", "library/debian", "ghcr.io/u/app"})
        EXPECT_TRUE(valid_repository(name)) << name;
    for (const char *name : {"", "/", "a/", "/a", "a//b", "A", "a_", "_a", "a___b", "a..b", "a.-b", "-a", "a/../b",
                             "a b", "a:1", "ä", "a/.b", "a-/b", "a/-b"})
        EXPECT_FALSE(valid_repository(name)) << name;
    EXPECT_TRUE(valid_repository(std::string(255, 'a')));
    EXPECT_FALSE(valid_repository(std::string(256, 'a')));
    EXPECT_FALSE(valid_repository_component("a/b"));
}

TEST(ImageName, BeginsWithAHostWhereItHasADotOrAColonOrIsLocalhost) {
    for (const char *part : {"a.example", "a:5000", "[::1]", "localhost"}) EXPECT_TRUE(names_host(part)) << part;
    for (const char *part : {"", "a", "localhosts", "team-1"}) EXPECT_FALSE(names_host(part)) << part;
}

} // namespace
} // namespace ferry::kit
