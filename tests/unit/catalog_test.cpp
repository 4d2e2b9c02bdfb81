#include "core/base/error.h"
#include "core/pack/plan.h"
#include "core/plugin/catalog.h"
#include "support/folder.h"
#include "support/host.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <sys/stat.h>

namespace ferry::core {
namespace {

using test::Folder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string plugins = TEST_PLUGIN_DIR "/";

// A copy that only its owner may write, whatever the umask is.
std::string copy(const std::string &name, const Folder &folder, const std::string &as) {
    const auto to = folder.path() / as;
    std::filesystem::create_directories(to.parent_path());
    ::chmod(to.parent_path().c_str(), 0755);
    std::filesystem::copy_file(plugins + name + ".so", to);
    ::chmod(to.c_str(), 0644);
    return to;
}
template <class Body> Error failure(Body &&run) {
    try {
        run();
    } catch (const Error &e) {
        return e;
    }
    return {Kind::other, "nothing was thrown"};
}

TEST(PluginFolders, ComeInTheOrderOfTheirImportance) {
    EXPECT_THAT(plugin_folders({"/given", "/two"}, "/path:/more", "/data", "/usr/bin/ferry"),
                ElementsAre("/given", "/two", "/path", "/more", "/data/ferry/plugins", "/usr/lib/ferry/plugins"));
    EXPECT_THAT(plugin_folders({}, "", "", "/opt/ferry/bin/ferry"), ElementsAre("/opt/ferry/lib/ferry/plugins"));
    EXPECT_THAT(plugin_folders({}, ":/a::/b:", "", "/bin/ferry"), ElementsAre("/a", "/b", "/lib/ferry/plugins"));
}

TEST(Catalog, ListsWhatItFindsInOrderAndTheFirstOfAnIdWins) {
    const Folder folder;
    copy("throwing", folder, "one/z.so");
    copy("c_packer", folder, "one/a.so");
    const std::string later = copy("c_packer", folder, "two/a.so");
    copy("garbage", folder, "two/b.so");
    folder.write("two/readme.txt", "no plugin");
    const Catalog catalog({folder.path() / "one", folder.path() / "missing", folder.path() / "two"});
    EXPECT_THAT(catalog.ids(FERRY_PACKER_V1), ElementsAre("c-packer", "throwing", "garbage"));
    EXPECT_TRUE(catalog.ids("ferry.registry/1").empty());
    ASSERT_EQ(catalog.entries().size(), 4U);
    for (const CatalogEntry &entry : catalog.entries()) {
        EXPECT_EQ(entry.refused, "");
        EXPECT_EQ(entry.shadowed, entry.file == later) << entry.file;
    }
    EXPECT_EQ(catalog.find("c-packer", FERRY_PACKER_V1).file, (folder.path() / "one/a.so").string());
}

TEST(Catalog, ListsWhatItRefusesAndContinues) {
    const Folder folder;
    copy("c_packer", folder, "p/good.so");
    ::chmod(copy("garbage", folder, "p/open.so").c_str(), 0666);
    copy("abi_major_2", folder, "p/newer.so");
    copy("foreign", folder, "p/foreign.so");
    folder.write("p/text.so", "no library at all");
    std::filesystem::create_directory(folder.path() / "p/folder.so");
    const Catalog catalog({folder.path() / "p"});
    EXPECT_THAT(catalog.ids(FERRY_PACKER_V1), ElementsAre("c-packer"));
    std::map<std::string, std::string> refused;
    for (const CatalogEntry &entry : catalog.entries())
        refused[std::filesystem::path(entry.file).stem()] = entry.refused.english();
    EXPECT_EQ(refused.at("good"), "");
    EXPECT_THAT(refused.at("open"), HasSubstr("may be written by others"));
    EXPECT_THAT(refused.at("newer"), HasSubstr("interface 2.0"));
    EXPECT_THAT(refused.at("foreign"), HasSubstr("no ferry plugin"));
    EXPECT_THAT(refused.at("text"), HasSubstr("no shared library"));
    EXPECT_THAT(refused.at("folder"), HasSubstr("is refused"));
}

TEST(Catalog, ARefusedPluginShadowsNone) {
    const Folder folder;
    ::chmod(copy("c_packer", folder, "one/a.so").c_str(), 0666);
    const std::string good = copy("c_packer", folder, "two/a.so");
    EXPECT_EQ(Catalog({folder.path() / "one", folder.path() / "two"}).find("c-packer", FERRY_PACKER_V1).file, good);
}

TEST(Catalog, NamesWhatThereIsInsteadOfWhatIsMissing) {
    const Folder folder;
    copy("c_packer", folder, "p/a.so");
    copy("garbage", folder, "p/b.so");
    ::chmod(copy("throwing", folder, "p/throwing.so").c_str(), 0666);
    const Catalog catalog({folder.path() / "p"});
    const Error missing = failure([&] { catalog.find("zip", FERRY_PACKER_V1); });
    EXPECT_EQ(missing.kind(), Kind::plugin);
    EXPECT_THAT(missing.message.english(), HasSubstr("there is no packer plugin 'zip'"));
    EXPECT_THAT(missing.remedy.english(), HasSubstr("c-packer, garbage"));
    EXPECT_THAT(failure([&] { catalog.find("c-packer", "ferry.registry/1"); }).message.english(),
                HasSubstr("no registry plugin 'c-packer'"));
    EXPECT_THAT(failure([&] { catalog.find("throwing", FERRY_PACKER_V1); }).message.english(),
                HasSubstr("may be written by others"));
    EXPECT_THAT(failure([&] { Catalog({}).find("zip", FERRY_PACKER_V1); }).remedy.english(),
                HasSubstr("available: none"));
}

TEST(Catalog, LoadsAPluginOnce) {
    const Folder folder;
    copy("c_packer", folder, "p/a.so");
    const Catalog catalog({folder.path() / "p"});
    const ferry_plugin &plugin = catalog.load(catalog.find("c-packer", FERRY_PACKER_V1));
    EXPECT_STREQ(plugin.id, "c-packer");
    EXPECT_EQ(&plugin, &catalog.load(catalog.find("c-packer", FERRY_PACKER_V1)));
}

TEST(LoadPlugin, TakesPluginsOfAnyOrigin) {
    const Folder folder;
    for (const char *name : {"c_packer", "static_libstdcxx", "throwing", "garbage"}) {
        const ferry_plugin &plugin = load_plugin(copy(name, folder, std::string(name) + ".so"));
        EXPECT_EQ(plugin.magic, FERRY_PLUGIN_MAGIC) << name;
        EXPECT_NE(plugin_interface(plugin, FERRY_PACKER_V1, sizeof(ferry_packer_v1)), nullptr);
        EXPECT_EQ(failure([&] { plugin_interface(plugin, "ferry.none/1", 8); }).kind(), Kind::plugin);
        EXPECT_EQ(failure([&] { plugin_interface(plugin, FERRY_PACKER_V1, 100'000); }).kind(), Kind::plugin);
    }
}

TEST(LoadPlugin, RefusesEachThatIsWrong) {
    const struct {
        const char *name, *words;
    } table[] = {{"wrong_magic", "descriptor is damaged"},
                 {"short_descriptor", "descriptor is damaged"},
                 {"abi_major_2",
                  "interface 2.0, and this ferry has " FERRY_TEXT(FERRY_ABI_MAJOR) "." FERRY_TEXT(FERRY_ABI_MINOR)},
                 {"abi_minor_99",
                  "interface 1.99, and this ferry has " FERRY_TEXT(FERRY_ABI_MAJOR) "." FERRY_TEXT(FERRY_ABI_MINOR)},
                 {"no_interface", "promises ferry.packer/1, which it does not have"},
                 {"other_manifest", "its manifest calls it something-else 1.0.0, its descriptor other-manifest 1.0.0"},
                 {"undefined_symbol", "ferry_test_nobody_defines_this"},
                 {"no_symbol", "it exports no ferry_plugin_v1"},
                 {"foreign", "no ferry plugin"}};
    const Folder folder;
    for (const auto &[name, words] : table) {
        const std::string file = copy(name, folder, std::string(name) + ".so");
        const Error e = failure([&, path = file] { load_plugin(path); });
        EXPECT_EQ(e.kind(), Kind::plugin) << name;
        EXPECT_THAT(e.message.english(), HasSubstr("the plugin " + file + " is refused: ")) << name;
        EXPECT_THAT(e.message.english(), HasSubstr(words)) << name;
    }
    const std::string open = copy("c_packer", folder, "open.so");
    ::chmod(open.c_str(), 0777);
    EXPECT_THAT(failure([&] { load_plugin(open); }).message.english(), HasSubstr("may be written by others"));
}

// What misbehaving plugins do once they are loaded.
class LoadedPacker : public testing::Test {
protected:
    Error plan(const char *name, std::map<std::string, std::string> options) {
        const ferry_plugin &plugin =
            load_plugin(copy(name, folder_, std::string(name) + std::to_string(++count_) + ".so"));
        return failure([&] { Packer(plugin, plugin_options(plugin, {}, options)).plan(host_.operation, {}); });
    }

private:
    Folder folder_;
    test::Host host_;
    int count_ = 0;
};

TEST_F(LoadedPacker, MayThrowWhateverItWasBuiltWith) {
    for (const char *name : {"throwing", "static_libstdcxx"})
        for (const auto &[kind, meant] :
             {std::pair("std", Kind::plugin), std::pair("ferry", Kind::integrity), // what it says of the image
              std::pair("memory", Kind::other), std::pair("int", Kind::plugin)}) {
            const Error e = plan(name, {{"kind", kind}});
            EXPECT_EQ(e.kind(), meant) << name << kind;
            EXPECT_FALSE(e.message.empty());
        }
}

TEST_F(LoadedPacker, IsRefusedItsGarbage) {
    for (const char *fault :
         {"traversal", "inner-traversal", "dot", "absolute", "empty", "empty-part", "nul", "duplicate", "long",
          "digest", "unpacked-digest", "no-digest", "symlink", "absolute-symlink", "kind", "from", "below-file"}) {
        const Error e = plan("garbage", {{"fault", fault}});
        EXPECT_EQ(e.kind(), Kind::plugin) << fault;
        EXPECT_THAT(e.message.english(), HasSubstr("the packer garbage plans an entry that cannot be written"))
            << fault;
    }
    EXPECT_EQ(plan("garbage", {}).message.english(), "nothing was thrown");
    EXPECT_EQ(plan("garbage", {{"fault", "ignores-refusal"}}).message.english(), "nothing was thrown");
}

constexpr ferry_option options[] = {
    {"plain", nullptr, ""}, {"fallback", "f", ""}, {"ca_cert", "default.pem", ""}, {nullptr, nullptr, nullptr}};
ferry_plugin with_options(const ferry_option *list) {
    return {FERRY_PLUGIN_MAGIC,
            sizeof(ferry_plugin),
            FERRY_ABI_MAJOR,
            FERRY_ABI_MINOR,
            "x",
            "1",
            "",
            "",
            "",
            list,
            nullptr};
}
using Options = std::map<std::string, std::string>;

TEST(PluginOptions, AreFallbacksThenSharedThenOwn) {
    const ferry_plugin plugin = with_options(options);
    EXPECT_EQ(plugin_options(plugin, {}, {}), (Options{{"fallback", "f"}, {"ca_cert", "default.pem"}}));
    EXPECT_EQ(plugin_options(plugin, {{"ca_cert", "shared"}, {"undeclared", "x"}}, {}),
              (Options{{"fallback", "f"}, {"ca_cert", "shared"}}));
    EXPECT_EQ(plugin_options(plugin, {{"ca_cert", "shared"}}, {{"ca_cert", "own"}, {"plain", ""}}),
              (Options{{"fallback", "f"}, {"ca_cert", "own"}, {"plain", ""}}));
    EXPECT_TRUE(plugin_options(with_options(nullptr), {{"ca_cert", "x"}}, {}).empty());
    EXPECT_TRUE(declares_option(plugin, "plain"));
    EXPECT_FALSE(declares_option(plugin, "plai"));
    EXPECT_FALSE(declares_option(with_options(nullptr), "plain"));
}

TEST(PluginOptions, ThatNobodyKnowsAreAUsageError) {
    const ferry_plugin plugin = with_options(options);
    const Error e = failure([&] { plugin_options(plugin, {}, {{"fallbck", "x"}}); });
    EXPECT_EQ(e.kind(), Kind::usage);
    EXPECT_THAT(e.message.english(), HasSubstr("the plugin x has no option 'fallbck'"));
    EXPECT_THAT(e.remedy.english(), HasSubstr("plain, fallback, ca_cert"));
    EXPECT_THAT(failure([] {
                    plugin_options(with_options(nullptr), {}, {{"a", "b"}});
                }).remedy.english(),
                HasSubstr("none"));
}

} // namespace
} // namespace ferry::core
