#include "core/base/nearest.h"

#include <gtest/gtest.h>

namespace ferry::core {
namespace {

TEST(Distance, CountsEditsAndSwappedNeighboursAsOne) {
    const struct {
        const char *a, *b;
        std::size_t edits;
    } table[] = {{"", "", 0},        {"", "abc", 3},          {"abc", "abc", 0},
                 {"abc", "abd", 1},  {"abc", "acb", 1},       {"abc", "ab", 1},
                 {"abc", "xabc", 1}, {"docker", "dokcer", 1}, {"kitten", "sitting", 3}};
    for (const auto &[a, b, edits] : table) {
        EXPECT_EQ(distance(a, b), edits) << a << " " << b;
        EXPECT_EQ(distance(b, a), edits) << a << " " << b;
    }
}

TEST(Nearest, IsWhatWasMeantOrNothing) {
    const std::vector<std::string> options = {"--arch",    "--registry",    "--output",   "--workers", "--format",
                                              "--retries", "--retry-delay", "--no-proxy", "--proxy"};
    const std::vector<std::string> formats = {"docker", "oci", "synology"},
                                   commands = {"pull", "clean", "plugins", "serve"},
                                   architectures = {"386", "amd64", "arm", "arm64", "ppc64le", "s390x"};
    const struct {
        const char *typed;
        const std::vector<std::string> &candidates;
        const char *meant;
    } table[] = {{"--arhc", options, "--arch"},
                 {"--Arch", options, "--arch"},
                 {"--outptu", options, "--output"},
                 {"--retires", options, "--retries"},
                 {"--worker", options, "--workers"},
                 {"--quite-another", options, ""},
                 {"sinology", formats, "synology"},
                 {"syn", formats, "synology"},
                 {"dokcer", formats, "docker"},
                 {"OCI", formats, "oci"},
                 {"zip", formats, ""},
                 {"plugns", commands, "plugins"},
                 {"plugin", commands, "plugins"},
                 {"nginx", commands, ""},
                 {"redis", commands, ""},
                 {"amd46", architectures, "amd64"},
                 {"arm46", architectures, "arm64"},
                 {"s309x", architectures, "s390x"},
                 {"sparc", architectures, ""},
                 {"", formats, ""}};
    for (const auto &[typed, candidates, meant] : table) EXPECT_EQ(nearest(typed, candidates), meant) << typed;
}

} // namespace
} // namespace ferry::core
