#include "core/base/error.h"
#include "core/image/platform.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using testing::HasSubstr;

TEST(Platform, IsReadInEverySpelling) {
    const char *const table[][2] = {
        {"amd64", "linux/amd64"},
        {"x86_64", "linux/amd64"},
        {"x86-64", "linux/amd64"},
        {"AMD64", "linux/amd64"},
        {"linux/amd64", "linux/amd64"},
        {"amd64/v1", "linux/amd64"},
        {"amd64/v3", "linux/amd64/v3"},
        {"arm64", "linux/arm64/v8"},
        {"aarch64", "linux/arm64/v8"},
        {"arm64/v8", "linux/arm64/v8"},
        {"arm64v8", "linux/arm64/v8"},
        {"linux/arm64/v8", "linux/arm64/v8"},
        {"armv8", "linux/arm64/v8"},
        {"arm", "linux/arm"},
        {"arm/v7", "linux/arm/v7"},
        {"arm/7", "linux/arm/v7"},
        {"armhf", "linux/arm/v7"},
        {"armv7l", "linux/arm/v7"},
        {"arm32v7", "linux/arm/v7"},
        {"armel", "linux/arm/v6"},
        {"armv6l", "linux/arm/v6"},
        {"arm32v5", "linux/arm/v5"},
        {"Linux/ARM/V6", "linux/arm/v6"},
        {"386", "linux/386"},
        {"i686", "linux/386"},
        {"x86", "linux/386"},
        {"ppc64le", "linux/ppc64le"},
        {"ppc64el", "linux/ppc64le"},
        {"s390x", "linux/s390x"},
        {"riscv64", "linux/riscv64"},
        {"loong64", "linux/loong64"},
        {"mips64le", "linux/mips64le"},
        {"windows/amd64", "windows/amd64"},
        {"macos/arm64", "darwin/arm64/v8"},
    };
    for (const auto &[text, expected] : table) EXPECT_EQ(parse_platform(text).str(), expected) << text;
}

TEST(Platform, ThatNobodyKnowsIsAUsageError) {
    for (const char *text : {"", "/", "amd64/", "/amd64", "linux", "linux/", "linux/linux", "amd65", "linux/amd64/v8/x",
                             "solaris/sparc9", "plan9/amd64/x", "amd64,arm64", " amd64", "all/amd64"}) {
        try {
            ADD_FAILURE() << text << " is read as " << parse_platform(text).str();
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::usage) << text;
            EXPECT_THAT(e.message.english(), HasSubstr(std::string("'") + text + "'"));
            EXPECT_THAT(e.remedy.english(), HasSubstr("arm/v7"));
        }
    }
}

TEST(Platform, ThatWasMistypedIsAnsweredWithTheNearestOne) {
    const char *const table[][2] = {{"amd46", "amd64"},
                                    {"linux/arm46", "arm64"},
                                    {"s309x", "s390x"},
                                    {"x86_46", "x86_64"},
                                    {"linus/amd64/v2", "linux"}};
    for (const auto &[text, meant] : table) try {
            ADD_FAILURE() << text << " is read as " << parse_platform(text).str();
        } catch (const Error &e) {
            EXPECT_THAT(e.remedy.english(), HasSubstr("did you mean " + std::string(meant) + "?")) << text;
        }
}

TEST(Platform, HasAShortNameForFiles) { // topcss#18
    const char *const table[][2] = {
        {"amd64", "amd64"},       {"arm64", "arm64"},       {"arm64/v8", "arm64"},
        {"arm/v7", "arm_v7"},     {"armhf", "arm_v7"},      {"386", "386"},
        {"amd64/v3", "amd64_v3"}, {"arm64/v9", "arm64_v9"}, {"windows/amd64", "windows_amd64"}};
    for (const auto &[text, expected] : table) EXPECT_EQ(parse_platform(text).short_name(), expected) << text;
    EXPECT_EQ((Platform{"", "amd64", ""}.short_name()), "amd64");
}

TEST(Platform, IsNormalizedAsIndexesSpellIt) {
    EXPECT_EQ(normalized({"Linux", "AARCH64", ""}).str(), "linux/arm64/v8");
    EXPECT_EQ(normalized({"linux", "amd64", "V1"}).str(), "linux/amd64");
    EXPECT_EQ(normalized({"linux", "armhf", "v6"}).str(), "linux/arm/v6");
    EXPECT_EQ(normalized(normalized({"linux", "arm64v8", ""})), normalized({"linux", "arm64v8", ""}));
    EXPECT_EQ(normalized({"", "", ""}), Platform{});
}

TEST(Platform, HasAnArgumentThatAsksForItOrNone) {
    const struct {
        Platform platform;
        const char *argument;
    } table[] = {{{"linux", "amd64", ""}, "amd64"},
                 {{"linux", "arm64", "v8"}, "arm64"},
                 {{"linux", "arm", "v7"}, "arm/v7"},
                 {{"Linux", "x86_64", ""}, "amd64"},
                 {{"windows", "amd64", ""}, "windows/amd64"},
                 {{"wasi", "wasm", ""}, "wasi/wasm"},
                 {{"", "arm64", ""}, "arm64"},
                 {{"linux", "amd64", "v3"}, "amd64/v3"},
                 {{"linux", "sparc9", ""}, ""},
                 {{"plan9", "amd64", ""}, ""},
                 {{"linux", "", ""}, ""},
                 {{"", "", ""}, ""},
                 {{"linux", "a/b", ""}, ""},
                 {{"linux", "../../tmp/evil", ""}, ""}};
    for (const auto &[platform, argument] : table) {
        EXPECT_EQ(platform.argument(), argument) << platform.str();
        if (*argument && !platform.os.empty()) {
            EXPECT_TRUE(choose_platform(parse_platform(argument), {platform})) << argument;
        }
    }
}

std::vector<Platform> offer(const std::string &list) {
    std::vector<Platform> offered;
    for (std::size_t begin = 0; begin < list.size();) {
        const auto end = std::min(list.find(' ', begin), list.size());
        const std::string one = list.substr(begin, end - begin);
        const auto a = one.find('/'), b = one.find('/', a + 1);
        offered.push_back({one.substr(0, a), one.substr(a + 1, b == one.npos ? b : b - a - 1),
                           b == one.npos ? "" : one.substr(b + 1)});
        begin = end + 1;
    }
    return offered;
}

TEST(ChoosePlatform, TakesTheBestMatchOfThoseOffered) {
    const struct {
        const char *wanted, *offered;
        int place;
    } table[] = {
        {"amd64", "linux/arm64 linux/amd64", 1},
        {"amd64", "linux/amd64", 0},
        {"amd64", "windows/amd64 linux/amd64", 1},
        {"amd64", "linux/amd64 linux/amd64", 0},
        {"windows/amd64", "windows/amd64 windows/amd64", 0},
        {"amd64", "linux/arm64 linux/386", -1},
        {"amd64", "", -1},
        {"amd64", "unknown/unknown", -1},
        {"amd64/v1", "linux/amd64", 0},
        {"amd64", "linux/amd64/v1", 0},
        {"amd64", "linux/amd64/v3", -1},
        {"amd64", "linux/amd64/v3 linux/amd64", 1},
        {"amd64/v3", "linux/amd64", 0},
        {"amd64/v3", "linux/amd64 linux/amd64/v3", 1},
        {"386", "linux/amd64 linux/386", 1},
        {"arm64", "linux/arm64", 0},
        {"arm64", "linux/arm64/v8", 0},
        {"arm64/v8", "linux/arm64", 0},
        {"aarch64", "linux/arm/v7 linux/arm64/v8", 1},
        {"arm64", "linux/arm/v7", -1},
        {"arm64", "linux/arm64/v9", -1},
        {"arm", "linux/arm/v5 linux/arm/v7 linux/arm/v6", 1},
        {"arm", "linux/arm/v5 linux/arm/v6", 1},
        {"arm", "linux/arm/v5", 0},
        {"arm", "linux/arm/v8 linux/arm64", -1},
        {"arm/v7", "linux/arm/v5 linux/arm/v6 linux/arm/v7", 2},
        {"arm/v7", "linux/arm/v5 linux/arm/v6", 1},
        {"arm/v6", "linux/arm/v7", -1},
        {"arm/v6", "linux/arm/v7 linux/arm/v5", 1},
        {"arm/v5", "linux/arm/v6 linux/arm/v7", -1},
        {"arm/v7", "linux/arm", 0},
        {"arm/v7", "linux/arm linux/arm/v5", 1},
        {"armhf", "linux/arm64 linux/arm/v7", 1},
        {"arm32v7", "linux/arm/v7", 0},
        {"ppc64le", "linux/ppc64 linux/ppc64le", 1},
        {"s390x", "linux/s390x", 0},
        {"amd64", "linux/x86_64", 0},
        {"amd64", "linux/x86_64 linux/amd64", 1}, // machine-os: disk images are told apart by their spelling
        {"x86_64", "linux/x86_64 linux/amd64", 1},
        {"arm64", "linux/aarch64 linux/arm64/v8 linux/arm64", 1},
        {"amd64/v3", "linux/amd64 linux/x86_64/v3", 1},
        {"amd64", "linux/", 0}, // does not say
        {"amd64", "linux/ linux/amd64/v1", 1},
        {"arm/v7", "linux/ linux/arm", 1},
        {"amd64", "windows/ linux/arm64", -1},
        {"wasi/wasm", "linux/amd64 wasi/wasm", 1},
        {"wasi/wasm32", "wasi/wasm wasi/wasm32", 1},
    };
    for (const auto &[wanted, offered, place] : table) {
        const auto chosen = choose_platform(parse_platform(wanted), offer(offered));
        EXPECT_EQ(chosen ? static_cast<int>(*chosen) : -1, place) << wanted << " of " << offered;
    }
}

} // namespace
} // namespace ferry::core
