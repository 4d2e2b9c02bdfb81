#include "core/base/url.h"

#include "core/base/error.h"
#include "core/base/tame.h"

#include <ferry/kit/address.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::core {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return out;
}

std::string_view default_port(std::string_view scheme) {
    return scheme == "https" ? "443" : "80";
}

// `why` is a sentence with a place for the address.
[[noreturn]] void bad(std::string_view text, const char *why) {
    throw Error(Kind::network, say(why, redact_url(text)));
}

bool is_host_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

bool is_scheme_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
}

// The length of a leading "scheme:" without the colon, 0 when there is none.
std::size_t scheme_size(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == text.npos || colon == 0 || !std::isalpha(static_cast<unsigned char>(text[0]))) return 0;
    return std::all_of(text.begin(), text.begin() + std::ptrdiff_t(colon), is_scheme_char) ? colon : 0;
}

} // namespace

Url Url::parse(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
            bad(text, later("the address '{}' holds a space or control character"));
    const auto mark = text.find("://");
    if (mark == text.npos) bad(text, later("the address '{}' is not an absolute URL"));
    Url url;
    url.scheme = lower(text.substr(0, mark));
    if (url.scheme != "http" && url.scheme != "https") bad(text, later("the address '{}' is neither http nor https"));
    std::string_view rest = text.substr(mark + 3);
    rest = rest.substr(0, rest.find('#'));
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, end);
    url.target = std::string(rest.substr(end));
    if (url.target.empty() || url.target[0] != '/') url.target.insert(0, "/");
    if (authority.find('@') != authority.npos)
        bad(text, later("the address '{}' holds user information, which ferry does not send"));

    std::size_t host_end;
    if (!authority.empty() && authority[0] == '[') {
        host_end = authority.find(']');
        if (host_end == authority.npos) bad(text, later("the address '{}' has an unfinished IPv6 address"));
        ++host_end;
    } else {
        host_end = std::min(authority.find(':'), authority.size());
    }
    url.host = lower(authority.substr(0, host_end));
    const bool literal = url.host.starts_with('[');
    const std::string_view zone =
        literal ? std::string_view(url.host).substr(std::min(url.host.find('%'), host_end - 1)) : "";
    // What is no host here may be one to a proxy or a resolver that decodes it: %31%32%37.0.0.1, a\.b, full-width
    // digits.
    if (literal ? !kit::parse_address(url.host) ||
                      !std::all_of(zone.begin(), zone.end() - 1, [](char c) { return c == '%' || is_host_char(c); })
                : !std::all_of(url.host.begin(), url.host.end(), is_host_char))
        bad(text, later("the address '{}' has a host that cannot be one"));
    std::string_view port = authority.substr(host_end);
    if (!port.empty()) {
        if (port[0] != ':') bad(text, later("the address '{}' has something odd behind its host"));
        port.remove_prefix(1);
        if (port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
            (!port.empty() && (std::stoi(std::string(port)) > 65535 || std::stoi(std::string(port)) == 0)))
            bad(text, later("the address '{}' has no valid port"));
    }
    url.port = std::string(port.empty() ? default_port(url.scheme) : port);
    if (url.host.empty()) bad(text, later("the address '{}' names no host"));
    // Transports refuse such a host as a mistake of the user, and it may have come from a server.
    constexpr std::size_t longest_host = 255;
    const bool address = url.host[0] == '[';
    if (url.host.size() > longest_host ||
        !std::all_of(url.host.begin() + address, url.host.end() - address, [&](unsigned char c) {
            return std::isalnum(c) || c == '.' || c == '-' || c == '_' || (address && (c == ':' || c == '%'));
        }))
        bad(text, later("the address '{}' has a host that cannot be one"));
    return url;
}

std::string Url::authority() const {
    return port == default_port(scheme) ? host : host + ":" + port;
}
std::string Url::origin() const {
    return scheme + "://" + authority();
}

bool Url::same_origin(const Url &other) const noexcept {
    return scheme == other.scheme && host == other.host && port == other.port;
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

std::string percent_encode(std::string_view text, std::string_view keep) {
    static const char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x80 && std::isalnum(byte)) || c == '-' || c == '.' || c == '_' || c == '~' ||
            keep.find(c) != keep.npos) {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

} // namespace ferry::core
