#include "core/http/redirect.h"

#include "core/base/error.h"

#include <ferry/kit/address.hpp>
#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

namespace ferry::core {

bool enters_private(std::string_view origin, std::string_view host, const RedirectRules &rules) {
    return !rules.into_private && !kit::is_private(origin) && kit::is_private(host);
}

std::optional<RedirectRefusal> refuse_redirect(const Url &origin, const Url &from, std::string_view location,
                                               const RedirectRules &rules) {
    // Anything but http and https: file:, data:, ftp: and so on (RFC 3986 section 3.1).
    const auto colon = location.find(':');
    const auto scheme = kit::lower(location.substr(0, colon == location.npos ? 0 : colon));
    const bool absolute =
        !scheme.empty() && scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == scheme.npos;
    if (absolute && scheme != "http" && scheme != "https")
        return RedirectRefusal{say("{} redirects to an address of the kind {}:, which ferry does not follow",
                                   from.authority(), scheme.substr(0, 20)),
                               say("the registry is set up wrongly, or means harm; tell its operator")};
    Url to;
    try {
        to = resolve_location(from, location);
    } catch (const Error &e) {
        return RedirectRefusal{say("{} redirects to an invalid address: {}", from.authority(), e.message),
                               say("the registry is set up wrongly, or means harm; tell its operator")};
    }
    if (from.scheme == "https" && to.scheme == "http" && !rules.insecure.at(to))
        return RedirectRefusal{say("{} redirects to {}, which is not encrypted", from.authority(), to.origin()),
                               say("if that is what you want, allow it with --insecure={}", to.authority())};
    if (enters_private(origin.host, to.host, rules))
        return RedirectRefusal{say("{} redirects to {}, which lies in a private network, and {} is not a private host",
                                   from.authority(), to.authority(), origin.authority()),
                               say("if both are in your own network, allow it with --private-redirects")};
    return std::nullopt;
}

Url follow(const Url &origin, const Url &from, std::string_view location, const RedirectRules &rules) {
    if (auto refusal = refuse_redirect(origin, from, location, rules))
        throw Error(Kind::network, std::move(refusal->why), std::move(refusal->remedy));
    return resolve_location(from, location);
}

} // namespace ferry::core
