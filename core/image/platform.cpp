#include "core/image/platform.h"

#include "core/base/error.h"
#include "core/base/nearest.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ferry::core {

namespace {

struct Alias {
    std::string_view name;
    std::string_view architecture;
    std::string_view variant;
};

constexpr Alias aliases[] = {
    {"x86_64", "amd64", ""},    {"x86-64", "amd64", ""},      {"x64", "amd64", ""},     {"i386", "386", ""},
    {"i486", "386", ""},        {"i586", "386", ""},          {"i686", "386", ""},      {"x86", "386", ""},
    {"aarch64", "arm64", ""},   {"armhf", "arm", "v7"},       {"armel", "arm", "v6"},   {"armv8", "arm64", ""},
    {"armv8l", "arm64", ""},    {"armv7", "arm", "v7"},       {"armv7l", "arm", "v7"},  {"armv6", "arm", "v6"},
    {"armv6l", "arm", "v6"},    {"armv5", "arm", "v5"},       {"armv5l", "arm", "v5"},  {"armv5tel", "arm", "v5"},
    {"arm32v5", "arm", "v5"},   {"arm32v6", "arm", "v6"},     {"arm32v7", "arm", "v7"}, {"arm64v8", "arm64", "v8"},
    {"ppc64el", "ppc64le", ""}, {"mips64el", "mips64le", ""},
};

constexpr std::array known = {"386",    "amd64", "arm",     "arm64",   "loong64", "mips", "mips64", "mips64le",
                              "mipsle", "ppc64", "ppc64le", "riscv64", "s390x",   "wasm", "wasm32"};
constexpr std::array systems = {"linux",   "windows", "darwin", "freebsd", "netbsd",
                                "openbsd", "solaris", "wasip1", "wasi"};

template <class List> bool in(const List &list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

template <class List> std::string nearest_of(const List &list, const std::string &typed) {
    return nearest(typed, std::vector<std::string>(list.begin(), list.end()));
}

// The 7 of v7; a processor runs what was built for a lower one. amd64 says nothing for its v1.
int level_of(const Platform &p) {
    if (p.variant.empty()) return p.architecture == "amd64" ? 1 : 0;
    return p.variant.size() == 2 && p.variant[0] == 'v' && p.variant[1] >= '1' && p.variant[1] <= '9'
               ? p.variant[1] - '0'
               : 0;
}

// How well `p` serves `wanted`, both normalized; 0: not at all.
int rank_of(const Platform &p, const Platform &wanted) {
    if (p.os != wanted.os) return 0;
    if (p.architecture.empty() && !wanted.architecture.empty()) return 1; // does not say
    if (p.architecture != wanted.architecture) return 0;
    if (p.variant == wanted.variant) return 100;
    if (wanted.architecture == "arm" || wanted.architecture == "arm64" || wanted.architecture == "amd64") {
        const int have = level_of(p),
                  want = wanted.variant.empty() && wanted.architecture == "arm" ? 7 : level_of(wanted);
        if (have && have <= want) return 10 + have;
        return p.variant.empty() ? 2 : 0; // says nothing: the last resort
    }
    return p.variant.empty() || wanted.variant.empty() ? 3 : 0; // a base variant serves every finer one
}

} // namespace

std::string Platform::str() const {
    return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

std::string Platform::short_name() const {
    const Platform p = normalized(*this);
    std::string name = p.os == "linux" || p.os.empty() ? "" : p.os + "_";
    name += p.architecture;
    if (!p.variant.empty() && !(p.architecture == "arm64" && p.variant == "v8")) name += "_" + p.variant;
    return name;
}

std::string Platform::argument() const {
    const Platform p = normalized(*this);
    std::string text = p.os == "linux" || p.os.empty() ? p.architecture : p.os + "/" + p.architecture;
    if (!p.variant.empty() && !(p.architecture == "arm64" && p.variant == "v8")) text += "/" + p.variant;
    try {
        return parse_platform(text) == p || p.os.empty() ? text : std::string();
    } catch (const Error &) {
        return {};
    }
}

Platform normalized(Platform p) {
    p.os = kit::lower(p.os);
    p.architecture = kit::lower(p.architecture);
    p.variant = kit::lower(p.variant);
    if (p.os == "macos") p.os = "darwin";
    for (const Alias &alias : aliases) {
        if (p.architecture != alias.name) continue;
        p.architecture = std::string(alias.architecture);
        if (p.variant.empty()) p.variant = std::string(alias.variant);
        break;
    }
    if (!p.variant.empty() && std::isdigit(static_cast<unsigned char>(p.variant[0]))) p.variant.insert(0, "v");
    if (p.architecture == "arm64" && p.variant.empty()) p.variant = "v8";
    if (p.architecture == "amd64" && p.variant == "v1") p.variant.clear();
    return p;
}

Platform parse_platform(std::string_view text) {
    std::vector<std::string> parts;
    for (const std::string_view part : kit::split(text, "/")) parts.push_back(kit::lower(part));
    const auto bad = [&](const Text &why, const std::string &meant = {}) -> Error {
        const Text examples = say("use for example amd64, arm64, arm/v7 or linux/arm64/v8");
        return {Kind::usage, say("'{}' is no platform: {}", text, why),
                meant.empty() ? examples : say("did you mean {}? {}", meant, examples)};
    };
    if (parts.size() > 3 || in(parts, "")) throw bad(say("it is written [os/]architecture[/variant]"));
    Platform p{"linux", "", ""};
    if (parts.size() == 3 || (parts.size() == 2 && (in(systems, parts[0]) || parts[0] == "macos"))) {
        p.os = parts[0];
        parts.erase(parts.begin());
    }
    p.architecture = parts[0];
    if (parts.size() == 2) p.variant = parts[1];
    p = normalized(p);
    if (!in(systems, p.os)) throw bad(say("unknown system '{}'", p.os), nearest_of(systems, p.os));
    if (!in(known, p.architecture)) {
        std::vector<std::string> names(known.begin(), known.end());
        for (const Alias &alias : aliases) names.emplace_back(alias.name);
        throw bad(say("unknown architecture '{}'", p.architecture), nearest(p.architecture, names));
    }
    return p;
}

std::vector<std::size_t> rank_platforms(const Platform &wanted_as_is, const std::vector<Platform> &offered) {
    const Platform wanted = normalized(wanted_as_is);
    std::vector<std::pair<int, std::size_t>> ranked;
    for (std::size_t i = 0; i < offered.size(); ++i) {
        const Platform p = normalized(offered[i]);
        int rank = rank_of(p, wanted);
        if (!rank) continue;
        const bool as_indexes_spell_it = kit::lower(offered[i].architecture) == p.architecture;
        ranked.emplace_back(-2 * rank - as_indexes_spell_it, i);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::size_t> places;
    for (const auto &[rank, place] : ranked) places.push_back(place);
    return places;
}

std::optional<std::size_t> choose_platform(const Platform &wanted, const std::vector<Platform> &offered) {
    const auto places = rank_platforms(wanted, offered);
    return places.empty() ? std::nullopt : std::optional(places.front());
}

} // namespace ferry::core
