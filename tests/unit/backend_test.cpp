#include "support/backend.h"
#include "support/fake_http.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using ferry::test::BackendScript, ferry::test::scripted_backend;

struct BackendTest : testing::Test {
    BackendScript script;
    ::test::FakeHttp http;
    Client client{http.http(), {}};
    Backend backend{scripted_backend(), {}, client};
};

TEST_F(BackendTest, IsHandedTheHostAndAFlagForPlainHttp) {
    const struct {
        const char *typed, *handed;
        bool plain;
    } table[] = {{"a.example/app", "a.example", false},
                 {"http://a.example:5000/app", "a.example:5000", true},
                 {"https://[::1]/app", "[::1]", false}};
    for (const auto &[typed, handed, plain] : table) {
        ferry::Reference seen;
        script.normalize = [&](const ferry::Reference &reference) {
            seen = reference;
            return std::vector{reference};
        };
        const Reference reference = parse_reference(typed, "r");
        const std::vector<Reference> meant = backend.normalize(reference);
        EXPECT_EQ(seen.registry, handed);
        EXPECT_EQ(seen.plain_http, plain);
        EXPECT_EQ(meant.at(0).registry, reference.registry) << "with the scheme that was typed";
    }
}

TEST_F(BackendTest, MayNameAnotherRegistryWhichIsSpokenToAsItSays) {
    const struct {
        const char *typed, *meant;
        bool plain;
        const char *expected;
    } table[] = {{"http://a.example/app", "b.example", false, "b.example"},
                 {"http://a.example/app", "b.example", true, "http://b.example"},
                 {"https://a.example/app", "b.example", true, "https://b.example"}, // what the user typed is kept
                 {"http://a.example/app", "a.example", false, "http://a.example"}}; // of a plugin without the flag
    for (const auto &one : table) {
        script.normalize = [&one](ferry::Reference reference) {
            reference.registry = one.meant;
            reference.plain_http = one.plain;
            return std::vector{reference};
        };
        EXPECT_EQ(backend.normalize(parse_reference(one.typed, "r")).at(0).registry.typed(), one.expected);
    }
}

TEST_F(BackendTest, ThatNamesNoRegistryIsToBlame) {
    script.normalize = [](ferry::Reference reference) {
        reference.registry = "a b";
        return std::vector{reference};
    };
    try {
        backend.normalize(parse_reference("a.example/app", "r"));
        ADD_FAILURE();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::plugin);
    }
}

} // namespace
} // namespace ferry::core
