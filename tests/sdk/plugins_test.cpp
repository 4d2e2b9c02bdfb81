// What must work across the line whatever a plugin was written in or built with.

#include "plugins/packer/images.h"

#include <gmock/gmock.h>

namespace {

using test::Image;
using test::Outcome;
using test::PackerPlugin;

const std::string folder = TEST_PLUGIN_DIR "/";

TEST(PluginInC, PacksAsOneInCpp) {
    const PackerPlugin plugin((folder + "c_packer.so").c_str());
    EXPECT_STREQ(plugin.plugin().id, "c-packer");
    Image image;
    image.layers = {{'1', 'a'}, {'2', 'b'}, {'1', 'a'}};
    const Outcome outcome = plugin.plan({image});
    ASSERT_EQ(outcome.status, FERRY_OK) << outcome.message;
    EXPECT_EQ(outcome.lines(), "file c.json < {\"os\":\"linux\",\"rootfs\":{}}\n"
                               "file 1.tar.gz < blob sha256:1\n"
                               "file 2.tar.gz < blob sha256:2\n"
                               "file manifest.json < [{\"Config\":\"c.json\",\"RepoTags\":[\"app:1\"],"
                               "\"Layers\":[\"1.tar.gz\",\"2.tar.gz\",\"1.tar.gz\"]}]\n");
}

TEST(PluginInC, ReportsTheHostsRefusal) {
    const PackerPlugin plugin((folder + "c_packer.so").c_str());
    Image image;
    image.layers = {{'1', 'a'}};
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(plugin.plan({image}, i).status, FERRY_E_IO) << i;
}

class Thrown : public testing::TestWithParam<const char *> {};

TEST_P(Thrown, BecomesAStatus) {
    const PackerPlugin plugin((folder + GetParam() + ".so").c_str());
    struct Case {
        const char *kind;
        ferry_status status;
        const char *message;
    };
    for (const Case &one :
         {Case{"std", FERRY_E_INTERNAL, "thrown as std::runtime_error"},
          Case{"ferry", FERRY_E_UNSUPPORTED, "thrown as ferry::Error"},
          Case{"memory", FERRY_E_NO_MEMORY, "out of memory"},
          Case{"int", FERRY_E_INTERNAL, "an exception of unknown type"}, Case{"none", FERRY_OK, ""}}) {
        const Outcome outcome = plugin.plan({Image{}}, SIZE_MAX, {{"kind", one.kind}});
        EXPECT_EQ(outcome.status, one.status) << one.kind;
        EXPECT_EQ(outcome.message, one.message);
        EXPECT_EQ(outcome.entries.size(), 1U);
    }
}

INSTANTIATE_TEST_SUITE_P(Builds, Thrown, testing::Values("throwing", "static_libstdcxx"),
                         [](const auto &one) { return std::string(one.param); });

TEST(WrongPlugins, LoadOrFailAsTheirNamesSay) {
    const auto descriptor = [](const char *name) {
        void *library = dlopen((folder + name + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
        return library ? static_cast<const ferry_plugin *>(dlsym(library, FERRY_PLUGIN_SYMBOL)) : nullptr;
    };
    EXPECT_EQ(descriptor("undefined_symbol"), nullptr);
    EXPECT_EQ(descriptor("no_symbol"), nullptr);
    EXPECT_EQ(descriptor("foreign"), nullptr);
    ASSERT_NE(descriptor("wrong_magic"), nullptr);
    EXPECT_NE(descriptor("wrong_magic")->magic, FERRY_PLUGIN_MAGIC);
    ASSERT_NE(descriptor("abi_major_2"), nullptr);
    EXPECT_EQ(descriptor("abi_major_2")->abi_major, 2U);
    EXPECT_THAT(descriptor("abi_major_2")->manifest, testing::HasSubstr("abi 2.0\n"));
    ASSERT_NE(descriptor("abi_minor_99"), nullptr);
    EXPECT_EQ(descriptor("abi_minor_99")->abi_minor, 99U);
    ASSERT_NE(descriptor("short_descriptor"), nullptr);
    EXPECT_LT(descriptor("short_descriptor")->struct_size, sizeof(ferry_plugin));
    ASSERT_NE(descriptor("no_interface"), nullptr);
    EXPECT_EQ(descriptor("no_interface")->get_interface(FERRY_PACKER_V1), nullptr);
    ASSERT_NE(descriptor("other_manifest"), nullptr);
    EXPECT_THAT(descriptor("other_manifest")->manifest, testing::HasSubstr("id something-else\n"));
}

TEST(GarbagePlugin, PushesEachFault) {
    const PackerPlugin plugin((folder + "garbage.so").c_str());
    for (const char *fault : {"traversal", "inner-traversal", "dot", "absolute", "empty", "empty-part", "nul",
                              "duplicate", "long", "digest", "unpacked-digest", "no-digest", "symlink",
                              "absolute-symlink", "kind", "from", "below-file", "fickle", "ignores-refusal"})
        EXPECT_EQ(plugin.plan({Image{}}, SIZE_MAX, {{"fault", fault}}).entries.size(), 2U) << fault;
    EXPECT_EQ(plugin.plan({Image{}}).status, FERRY_OK);
    EXPECT_EQ(plugin.plan({Image{}}, 1, {{"fault", "ignores-refusal"}}).status, FERRY_OK);
    EXPECT_EQ(plugin.plan({Image{}}, SIZE_MAX, {{"fault", "typo"}}).status, FERRY_E_INVALID);
}

} // namespace
