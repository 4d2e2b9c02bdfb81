// What a registry asks for with a 401. Source: RFC 9110 section 11.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace distribution {

// One challenge of a WWW-Authenticate field.
struct AuthChallenge {
    std::string scheme;                                          // lower case
    std::vector<std::pair<std::string, std::string>> parameters; // names in lower case, values unquoted

    // The value of the first parameter of that name, empty when there is none.
    std::string_view find(std::string_view name) const noexcept;
};

// All challenges of all fields in their order; several may share a field. What cannot be read is skipped, as the rest
// may still serve. Pure.
std::vector<AuthChallenge> parse_challenges(const std::vector<std::string> &fields);

// The challenge to answer: Bearer with a realm before Basic; null when neither is there.
const AuthChallenge *choose(const std::vector<AuthChallenge> &challenges) noexcept;

} // namespace distribution
