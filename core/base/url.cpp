#include "core/base/url.h"

#include "core/base/error.h"
#include "core/base/tame.h"

#include <ferry/kit/address.hpp>
#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::core {

namespace {

// `why` is a sentence with a place for the address.
[[noreturn]] void bad(std::string_view text, const char *why) {
    throw Error(Kind::network, say(why, redact_url(text)));
}

const char *sentence_of(kit::UrlFault fault) {
    switch (fault) {
    case kit::UrlFault::character: return later("the address '{}' holds a space or control character");
    case kit::UrlFault::relative: return later("the address '{}' is not an absolute URL");
    case kit::UrlFault::scheme: return later("the address '{}' is neither http nor https");
    case kit::UrlFault::login: return later("the address '{}' holds user information, which ferry does not send");
    case kit::UrlFault::no_host: return later("the address '{}' names no host");
    case kit::UrlFault::open_bracket: return later("the address '{}' has an unfinished IPv6 address");
    case kit::UrlFault::after_bracket: return later("the address '{}' has something odd behind its host");
    case kit::UrlFault::port: return later("the address '{}' has no valid port");
    case kit::UrlFault::ipv6:
    case kit::UrlFault::host: break;
    }
    return later("the address '{}' has a host that cannot be one");
}

bool is_scheme_char(char c) {
    return kit::is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
}

// The length of a leading "scheme:" without the colon, 0 when there is none.
std::size_t scheme_size(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == text.npos || colon == 0 || !std::isalpha(static_cast<unsigned char>(text[0]))) return 0;
    return std::all_of(text.begin(), text.begin() + std::ptrdiff_t(colon), is_scheme_char) ? colon : 0;
}

} // namespace

Url Url::parse(std::string_view text) {
    kit::UrlFault fault{};
    if (auto url = kit::Url::parse(text, fault)) return {*std::move(url)};
    bad(text, sentence_of(fault));
}

Url resolve_location(const Url &base, std::string_view location) {
    if (location.empty()) throw Error(Kind::network, say("{} redirected without saying where", base.authority()));
    if (location[0] == '#') return base; // the same resource
    if (location.substr(0, 2) == "//") return Url::parse(base.scheme + ":" + std::string(location));
    if (scheme_size(location)) return Url::parse(location);
    if (location[0] == '/') return Url::parse(base.origin() + std::string(location));
    const std::string path = base.target.substr(0, base.target.find('?'));
    if (location[0] == '?') return Url::parse(base.origin() + path + std::string(location));
    return Url::parse(base.origin() + path.substr(0, path.rfind('/') + 1) + std::string(location));
}

std::string redact_url(std::string_view text) {
    const auto mark = text.find("://");
    const std::size_t begin = mark == text.npos ? 0 : mark + 3;
    const std::string_view authority = text.substr(begin, text.find_first_of("/?#", begin) - begin);
    auto at = authority.rfind('@');
    if (const auto colon = authority.find(':'); at == authority.npos && colon != authority.npos &&
                                                authority[0] != '[' &&
                                                authority.find_first_not_of("0123456789", colon + 1) != authority.npos)
        at = text.substr(begin).rfind('@'); // no port: a password with a slash in it
    const std::size_t host = begin + (at == authority.npos ? 0 : at + 1);
    std::string out = tame(std::string(text.substr(0, begin)) +
                           std::string(text.substr(host, text.find_first_of("?#", host) - host)));
    constexpr std::size_t most = 300; // of what somebody else may have made endless
    if (out.size() > most) {
        std::size_t end = most; // at the beginning of a character
        while (end && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
        out.replace(end, out.npos, "...");
    }
    if (text.find('?', host) != text.npos) out += "?...";
    return out;
}

} // namespace ferry::core
