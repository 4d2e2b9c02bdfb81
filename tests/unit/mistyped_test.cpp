// What is typed where an image name belongs and is none.
#include "core/image/mistyped.h"

#include "core/base/error.h"
#include "core/image/reference.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string digest = "sha256:" + std::string(64, 'a');

Error refusal(const std::string &text, const std::string &registry = "hub.example") {
    try {
        parse_reference(text, registry);
    } catch (const Error &e) {
        return e;
    }
    return {Kind::other, "it was read"};
}

TEST(Mistyped, WaysToWriteAnImageElsewhereGetTheNameThatWasMeant) {
    const char *const table[][2] = {
        {"docker://nginx", "nginx"},
        {"docker://registry.example/team/app:1", "registry.example/team/app:1"},
        {"docker-daemon://nginx:1", "nginx:1"},
        {"oci://registry.example/app", "registry.example/app"},
        {"https://hub.docker.com/_/nginx", "nginx"},
        {"https://hub.docker.com/_/nginx/", "nginx"},
        {"https://hub.docker.com/_/nginx/tags", "nginx"},
        {"https://hub.docker.com/_/nginx?tab=tags", "nginx"},
        {"https://hub.docker.com/_/nginx/tags?page=1&name=1.21#top", "nginx"},
        {"http://hub.docker.com/_/nginx", "nginx"},
        {"hub.docker.com/_/nginx", "nginx"},
        {"https://hub.docker.com/r/user/name", "user/name"},
        {"https://hub.docker.com/r/user/name/", "user/name"},
        {"https://hub.docker.com/r/user/name/tags", "user/name"},
        {"hub.docker.com/r/user/name/tags?page=2", "user/name"},
        {"https://hub.docker.com/r/library/nginx", "nginx"},
        {"https://hub.docker.com/repository/docker/user/name/general", "user/name"},
        {"https://hub.docker.com/layers/library/nginx/1.21/images/sha256-abc", "nginx:1.21"},
        {"https://hub.docker.com/layers/user/name/v2", "user/name:v2"},
        {"https://quay.io/repository/team/app?tab=tags", "quay.io/team/app"},
        {"quay.io/repository/team/app", "quay.io/team/app"}, // as copied out of some browsers
        {"docker pull nginx", "nginx"},
        {"docker pull --platform linux/arm64 nginx:1", "nginx:1"},
        {"podman pull quay.io/team/app", "quay.io/team/app"},
    };
    for (const auto &[typed, meant] : table) {
        const Error e = refusal(typed);
        EXPECT_EQ(e.kind(), Kind::usage) << typed;
        EXPECT_EQ(e.remedy.english(), "did you mean " + std::string(meant) + "?") << typed;
        EXPECT_NO_THROW(parse_reference(meant, "hub.example")) << typed;
    }
}

TEST(Mistyped, WhatMeansNoImageIsRefusedAllTheSame) {
    for (const char *typed : {"https://hub.docker.com", "https://hub.docker.com/", "hub.docker.com/search?q=nginx",
                              "https://hub.docker.com/u/user", "https://quay.io/repository/", "docker://",
                              "ftp://host/app", "nginx redis", "docker pull", "docker pull -q", "a\tb"}) {
        const Error e = refusal(typed);
        EXPECT_EQ(e.kind(), Kind::usage) << typed;
        EXPECT_FALSE(e.remedy.empty()) << typed;
    }
}

TEST(Mistyped, NamesThatLookAlikeAreImages) {
    for (const char *typed :
         {"docker", "docker:24", "hub.docker.com.example/app", "https://registry.example/team/app:1",
          "http://localhost:5000/a", "quay.io/repository/app", "login"})
        EXPECT_NO_THROW(parse_reference(typed, "hub.example")) << typed;
}

TEST(Login, IsRefusedAndNeverShown) {
    for (const std::string &typed :
         {std::string("https://me:hunter2@host.example/app"), std::string("http://me:hunter2@host.example:5000/app:1"),
          std::string("me:hunter2@host.example/app"), std::string("me:hunter2@localhost"),
          std::string("me:hunter2@[::1]:5000/a"), std::string("https://hunter2@host.example/app"),
          std::string("hunter2@host.example/app"), std::string("https://me:hun/ter2@host.example/app"),
          std::string("https://me:hunter2@host@host.example/app"),
          std::string("https://me:hunter2@host.example/app@") + digest,
          std::string("me:hunter2@host.example/app@") + digest, std::string("docker://me:hunter2@host.example/app"),
          std::string("me:hunter2@host.example:5000"), std::string("https://me:hunter2@host.example"),
          std::string("HTTPS://me:hunter2@host.example/app")}) {
        const Error image = refusal(typed), registry = refusal("nginx", typed);
        for (const Error &e : {image, registry}) {
            EXPECT_EQ(e.kind(), Kind::usage) << typed;
            EXPECT_THAT(
                e.message.english() + e.remedy.english(),
                AllOf(HasSubstr("holds a login"), HasSubstr("-u NAME"), Not(HasSubstr("ter2")), Not(HasSubstr("hun"))))
                << typed;
        }
    }
}

TEST(Login, IsNotSeenInADigest) {
    for (const std::string &typed :
         {"nginx@" + digest, "host.example:5000/a:1@" + digest, std::string("nginx@sha256:abc"),
          "nginx@md5:" + std::string(32, 'a'), "nginx@" + digest + "@" + digest, std::string("nginx"),
          std::string("http://host.example:5000/a:1")}) {
        EXPECT_FALSE(holds_login(typed)) << typed;
        EXPECT_EQ(without_login(typed), typed);
    }
    EXPECT_THAT(refusal("nginx@latest").message.english(),
                AllOf(HasSubstr("'nginx@latest'"), HasSubstr("'latest' is not a digest")));
    // Before the @ could be a password.
    EXPECT_THAT(refusal("nginx:1.21@latest").message.english(),
                AllOf(Not(HasSubstr("1.21")), HasSubstr("'latest' is not a digest")));
}

TEST(Registry, ThatIsWrongIsNotCalledAnImage) {
    for (const char *registry :
         {"", "http://", "reg.example/mirror", "reg example", "reg:x", "reg:65536", "-a", "[::1"}) {
        const Error e = refusal("nginx", registry);
        EXPECT_EQ(e.kind(), Kind::usage) << registry;
        EXPECT_THAT(e.message.english(), HasSubstr("is not a registry")) << registry;
        EXPECT_THAT(e.message.english() + e.remedy.english(), Not(HasSubstr("image name"))) << registry;
        EXPECT_FALSE(e.remedy.empty()) << registry;
    }
}

} // namespace
} // namespace ferry::core
