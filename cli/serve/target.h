// What a request's target (RFC 9112 section 3.2) names: a path and a query, and the parts of a path. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::cli {

struct Target {
    std::string path;                         // percent decoding is done
    std::map<std::string, std::string> query; // the same; of a name that occurs several times, the first
};

// Throws Refusal(400) where it is not percent-encoded as a URL is.
Target parse_target(std::string_view text);

// What a path has in the places of a pattern.
struct PathParts {
    std::string name, reference;
};

// Matches a path such as "/v2/library/debian/manifests/12" with a pattern such as "/v2/<name>/manifests/<reference>".
// <name> stands for one or several segments, <reference> for the last one, which may be empty; other patterns match
// themselves alone.
std::optional<PathParts> match_path(std::string_view pattern, std::string_view path);

} // namespace ferry::cli
