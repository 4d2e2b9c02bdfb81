// Platforms: what users call them, and which entry of an index serves them (OCI image-spec, image-index.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

struct Platform {
    std::string os;
    std::string architecture;
    std::string variant;

    std::string str() const; // linux/arm64/v8
    // For file names: amd64, arm64, arm_v7; with the os in front where it is not linux.
    std::string short_name() const;
    // What -a takes for it: amd64, arm64, arm/v7, windows/amd64. Empty where -a does not know it.
    std::string argument() const;
    bool operator==(const Platform &) const = default;
};

// `text` as -a takes it: [os/]architecture[/variant], with the aliases of uname, GNU and docker. Throws Error(usage).
Platform parse_platform(std::string_view text);

// The same platform in one spelling: arm64 has variant v8, amd64 has no v1, aliases are resolved.
Platform normalized(Platform platform);

// The places in `offered` of the platforms that serve `wanted`, the best first. An exact match wins; arm without a
// variant takes v7, v6, v5; arm/v7 takes lower variants, never a higher one. Of equal ones the first is better, but for
// one in another spelling (x86_64), which stands behind those that indexes use. One without an architecture says
// nothing and comes last.
std::vector<std::size_t> rank_platforms(const Platform &wanted, const std::vector<Platform> &offered);
// The best of them, or nothing.
std::optional<std::size_t> choose_platform(const Platform &wanted, const std::vector<Platform> &offered);

} // namespace ferry::core
