#include "cli/serve/target.h"

#include "cli/serve/exchange.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/percent.hpp>
#include <ferry/text.hpp>

#include <Poco/String.h>

#include <algorithm>

namespace ferry::cli {

namespace {

std::string decoded(std::string_view text) {
    if (!kit::percent_encoded(text))
        throw Refusal{400, "NAME_INVALID", say("the request's path is not encoded as a URL is")};
    return kit::percent_decode(text);
}

// Without scheme and host: that form is for proxies, but everybody must take it (RFC 9112 section 3.2.2).
std::string_view without_authority(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (target.size() > scheme.size() &&
            Poco::icompare(std::string(target.substr(0, scheme.size())), std::string(scheme)) == 0) {
            const auto slash = target.find('/', scheme.size());
            return slash == target.npos ? "/" : target.substr(slash);
        }
    return target;
}

std::map<std::string, std::string> parse_query(std::string_view text) {
    std::map<std::string, std::string> query;
    for (const std::string_view pair : text.empty() ? std::vector<std::string_view>() : kit::split(text, "&")) {
        const auto equals = std::min(pair.find('='), pair.size());
        query.emplace(decoded(pair.substr(0, equals)),
                      equals == pair.size() ? std::string() : decoded(pair.substr(equals + 1)));
    }
    return query;
}

} // namespace

Target parse_target(std::string_view text) {
    const std::string_view target = without_authority(text);
    const auto question = std::min(target.find('?'), target.size());
    return {decoded(target.substr(0, question)),
            parse_query(question == target.size() ? std::string_view() : target.substr(question + 1))};
}

std::optional<PathParts> match_path(std::string_view pattern, std::string_view path) {
    constexpr std::string_view name_mark = "<name>", reference_mark = "<reference>";
    PathParts parts;
    if (pattern.ends_with(reference_mark)) {
        const auto slash = path.rfind('/');
        if (slash == path.npos) return std::nullopt;
        parts.reference = std::string(path.substr(slash + 1));
        path = path.substr(0, slash + 1);
        pattern.remove_suffix(reference_mark.size());
    }
    const auto place = pattern.find(name_mark);
    if (place == pattern.npos) return pattern == path ? std::optional(parts) : std::nullopt;
    const std::string_view before = pattern.substr(0, place), behind = pattern.substr(place + name_mark.size());
    if (path.size() < before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
        return std::nullopt;
    parts.name = std::string(path.substr(before.size(), path.size() - before.size() - behind.size()));
    return parts;
}

} // namespace ferry::cli
