#include "core/base/error.h"
#include "core/plugin/manifest.h"
#include "support/folder.h"

#include <ferry/plugin.h>
#include <gmock/gmock.h>

#include <fstream>
#include <random>
#include <sstream>
#include <sys/stat.h>

namespace ferry::core {
namespace {

using test::Folder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string head = FERRY_MANIFEST_HEAD;
const std::string minimal = head + "abi 1.0\nid x\ninterface ferry.packer/1\n";

std::string read_file(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
template <class Body> Error refusal(Body &&run) {
    try {
        run();
    } catch (const Error &e) {
        return e;
    }
    return {Kind::other, "nothing was thrown"};
}

TEST(PluginManifest, IsReadLineByLine) {
    const PluginManifest m = parse_plugin_manifest(
        head + "version 1.2.3-rc1\nvendor the makers\nid a-b_9\nunknown key\nsummary what it does, in words\nabi 1.0\n"
               "interface ferry.packer/1\ninterface ferry.registry/1\n",
        "f.so");
    EXPECT_EQ(m.id + '|' + m.version + '|' + m.summary + '|' + m.vendor,
              "a-b_9|1.2.3-rc1|what it does, in words|the makers");
    EXPECT_EQ(m.abi_major, 1U);
    EXPECT_EQ(m.abi_minor, 0U);
    EXPECT_THAT(m.interfaces, ElementsAre("ferry.packer/1", "ferry.registry/1"));
    EXPECT_TRUE(m.implements("ferry.registry/1"));
    EXPECT_FALSE(m.implements("ferry.transport/1"));
    EXPECT_FALSE(m.implements("ferry.packer"));
}

TEST(PluginManifest, EndsAtItsNulOrAtTheEndOfTheSection) {
    EXPECT_EQ(parse_plugin_manifest(minimal + std::string("\0id y\n", 6), "f.so").id, "x");
    EXPECT_EQ(parse_plugin_manifest(head + "abi 12.345\ninterface i\nid x", "f.so").abi_minor, 345U);
    EXPECT_EQ(parse_plugin_manifest(head + "\n\nid\nabi 1.0\ninterface i\nid x\nsummary\n", "f.so").summary, "");
}

TEST(PluginManifest, ThatIsMalformedIsRefusedByName) {
    const auto with = [](const std::string &lines) { return head + lines; };
    const std::string table[] = {"",
                                 "FERRY-PLUGIN 2\nabi 1.0\nid x\ninterface i\n",
                                 "FERRY-PLUGIN 1",
                                 head,
                                 with("id x\ninterface i\n"),
                                 with("abi 1\nid x\ninterface i\n"),
                                 with("abi 1.0.0\nid x\ninterface i\n"),
                                 with("abi one\nid x\ninterface i\n"),
                                 with("abi 1.0\ninterface i\n"),
                                 with("abi 1.0\nid X\ninterface i\n"),
                                 with("abi 1.0\nid ../x\ninterface i\n"),
                                 with("abi 1.0\nid \ninterface i\n"),
                                 with("abi 1.0\nid x y\ninterface i\n"),
                                 with("abi 1.0\nid " + std::string(65, 'x') + "\ninterface i\n"),
                                 with("abi 1.0\nid x\n"),
                                 "id x\n" + minimal};
    for (const std::string &text : table) {
        const Error e = refusal([&] { parse_plugin_manifest(text, "the/file.so"); });
        EXPECT_EQ(e.kind(), Kind::plugin) << text;
        EXPECT_THAT(e.message.english(), HasSubstr("the plugin the/file.so is refused: its manifest")) << text;
    }
}

TEST(PluginManifest, IsReadFromEveryBuiltPlugin) {
    for (const char *id : {"c_packer", "static_libstdcxx", "garbage", "abi_major_2", "undefined_symbol"}) {
        const std::string file = std::string(TEST_PLUGIN_DIR) + "/" + id + ".so";
        EXPECT_TRUE(parse_plugin_manifest(read_manifest_section(file), file).implements(FERRY_PACKER_V1)) << id;
    }
}

TEST(ManifestSection, IsMissedByName) {
    const Folder folder;
    const struct {
        std::string file;
        const char *words;
    } table[] = {{folder.path() / "missing.so", "cannot be opened"},
                 {folder.path(), "is refused"},
                 {folder.write("empty.so", ""), "no shared library"},
                 {folder.write("text.so", std::string(1000, 'x')), "no shared library"},
                 {folder.write("short.so", "\x7f"
                                           "ELF"),
                  "no shared library"},
                 {std::string(TEST_PLUGIN_DIR) + "/foreign.so", "no ferry plugin"}};
    for (const auto &[file, words] : table) {
        const Error e = refusal([&, path = file] { read_manifest_section(path); });
        EXPECT_EQ(e.kind(), Kind::plugin);
        EXPECT_THAT(e.message.english(), HasSubstr("the plugin " + file));
        EXPECT_THAT(e.message.english(), HasSubstr(words));
    }
}

TEST(ManifestSection, OfAnotherMachineIsRefused) {
    const Folder folder;
    const std::string whole = read_file(std::string(TEST_PLUGIN_DIR) + "/c_packer.so");
    for (const std::size_t at : {4UL, 5UL, 16UL}) { // class, byte order, type
        std::string other = whole;
        other[at] = static_cast<char>(other[at] == 1 ? 2 : 1);
        EXPECT_THAT(refusal([&] { read_manifest_section(folder.write("x.so", other)); }).message.english(),
                    HasSubstr("another kind of machine"))
            << at;
    }
}

TEST(ManifestSection, OfADamagedFileIsReadOrRefusedAndNothingElse) {
    const Folder folder;
    const std::string whole = read_file(std::string(TEST_PLUGIN_DIR) + "/c_packer.so");
    ASSERT_GT(whole.size(), 4096U);
    std::uint64_t sections;
    std::memcpy(&sections, &whole[40], sizeof sections);
    std::mt19937 random(20240101);
    int read = 0, refused = 0;
    for (int i = 0; i < 300; ++i) {
        std::string damaged = whole;
        switch (i % 3) {
        case 0: damaged.resize(random() % damaged.size()); break;
        case 1: // the header
            for (int n = 0; n < 3; ++n) damaged[16 + random() % 48] = static_cast<char>(random());
            break;
        default: // the section table, and one byte anywhere
            for (int n = 0; n < 8; ++n)
                damaged[sections + random() % (damaged.size() - sections)] = static_cast<char>(random());
            damaged[random() % damaged.size()] ^= 0x55;
        }
        const std::string file = folder.write("x.so", damaged);
        try {
            parse_plugin_manifest(read_manifest_section(file), file);
            ++read;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::plugin);
            ++refused;
        }
    }
    EXPECT_GT(read, 0);
    EXPECT_GT(refused, 100);
}

TEST(Trust, IsForFilesThatNobodyElseCanWrite) {
    const Folder folder;
    const std::string file = folder.write("d/x.so", "x"), parent = folder.path() / "d";
    const auto modes = [&](mode_t of_file, mode_t of_folder) {
        EXPECT_EQ(::chmod(file.c_str(), of_file), 0);
        EXPECT_EQ(::chmod(parent.c_str(), of_folder), 0);
        return refusal([&] { check_trust(file); });
    };
    for (const mode_t good : {0644U, 0755U, 0600U, 0444U})
        EXPECT_EQ(modes(good, 0755).message.english(), "nothing was thrown") << good;
    for (const mode_t bad : {0664U, 0646U, 0666U, 0777U}) {
        const Error e = modes(bad, 0755);
        EXPECT_EQ(e.kind(), Kind::plugin);
        EXPECT_THAT(e.message.english(), HasSubstr(file + " may be written by others"));
        EXPECT_EQ(e.remedy.english(), "chmod go-w " + file);
    }
    for (const mode_t bad : {0775U, 0757U, 0777U})
        EXPECT_EQ(modes(0644, bad).remedy.english(), "chmod go-w " + parent) << bad;
    EXPECT_EQ(modes(0644, 01777).message.english(), "nothing was thrown") << "the sticky bit keeps others off";
    EXPECT_THAT(modes(01666, 0755).message.english(), HasSubstr("may be written by others")) << "but not off a file";
    EXPECT_THAT(refusal([&] { check_trust(parent + "/missing.so"); }).message.english(), HasSubstr("missing.so"));
}

TEST(Trust, IsAskedOfWhatASymbolicLinkLeadsTo) {
    const Folder folder;
    const std::string target = folder.write("open/x.so", "x"), link = folder.write("plugins/note", "") + ".so";
    ASSERT_EQ(::chmod((folder.path() / "open").c_str(), 0777), 0);
    std::filesystem::create_symlink(target, link);
    EXPECT_THAT(refusal([&] { check_trust(link); }).message.english(), HasSubstr("may be written by others"));
}

TEST(Abi, FitsItsOwnMajorAndNoLaterMinor) {
    const auto check = [](std::uint32_t major, std::uint32_t minor) {
        return refusal([&] { check_abi(major, minor, "x.so"); });
    };
    const std::string ours = std::to_string(FERRY_ABI_MAJOR) + "." + std::to_string(FERRY_ABI_MINOR);
    for (std::uint32_t minor = 0; minor <= FERRY_ABI_MINOR; ++minor)
        EXPECT_EQ(check(FERRY_ABI_MAJOR, minor).message.english(), "nothing was thrown");
    const struct {
        std::uint32_t major, minor;
        const char *remedy;
    } table[] = {{FERRY_ABI_MAJOR + 1, 0, "update ferry"},
                 {FERRY_ABI_MAJOR, FERRY_ABI_MINOR + 1, "update ferry"},
                 {FERRY_ABI_MAJOR - 1, 99, "rebuild the plugin"},
                 {UINT32_MAX, UINT32_MAX, "update ferry"}};
    for (const auto &[major, minor, remedy] : table) {
        const Error e = check(major, minor);
        EXPECT_EQ(e.kind(), Kind::plugin);
        EXPECT_THAT(e.message.english(), HasSubstr(std::to_string(major) + "." + std::to_string(minor)));
        EXPECT_THAT(e.message.english(), HasSubstr("this ferry has " + ours));
        EXPECT_THAT(e.message.english(), HasSubstr("x.so"));
        EXPECT_THAT(e.remedy.english(), HasSubstr(remedy));
    }
}

} // namespace
} // namespace ferry::core
