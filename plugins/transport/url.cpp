#include "transport/url.h"

#include <ferry/ferry.hpp>
#include <ferry/text.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace ferry::net {

namespace {

[[noreturn]] void refuse(const Text &text) {
    throw Error(FERRY_E_INVALID, text);
}

bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

std::string join(std::string_view host, std::uint16_t port) {
    const bool v6 = host.find(':') != std::string_view::npos;
    return (v6 ? "[" : "") + std::string(host) + (v6 ? "]:" : ":") + std::to_string(port);
}

std::string Url::endpoint() const {
    return join(host, port);
}

HostPort split_authority(std::string_view text, std::uint16_t fallback, const Text &what) {
    std::string_view host = text, port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) refuse(say("{} has '[' without ']'", what));
        host = text.substr(1, end - 1);
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':') refuse(say("{} has text between ']' and its port", what));
        has_port = !rest.empty();
        port = has_port ? rest.substr(1) : rest;
        // A zone ("%eth0") says by which interface; its form is the system's own.
        const auto zone = std::min(host.find('%'), host.size());
        in6_addr bytes;
        if (inet_pton(AF_INET6, std::string(host.substr(0, zone)).c_str(), &bytes) != 1 ||
            !std::all_of(host.begin() + static_cast<std::ptrdiff_t>(zone), host.end(),
                         [](char c) { return letter_or_digit(c) || c == '%' || c == '-' || c == '.' || c == '_'; }))
            refuse(say("{} has no IPv6 address between '[' and ']'", what));
    } else {
        const auto colon = text.find(':');
        has_port = colon != std::string_view::npos;
        if (has_port) {
            host = text.substr(0, colon);
            port = text.substr(colon + 1);
        }
        if (host.empty()) refuse(say("{} names no host", what));
        if (!std::all_of(host.begin(), host.end(),
                         [](char c) { return letter_or_digit(c) || c == '.' || c == '-' || c == '_'; }))
            refuse(say("{} has a host with a character that no host name has", what));
    }
    HostPort out{lower(host), fallback};
    // "host:" is legal and means the scheme's own port (RFC 3986 section 3.2.3).
    if (has_port && !port.empty()) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
        if (error != std::errc() || end != port.data() + port.size() || value < 1 || value > 65535)
            refuse(say("{} has a port that is not a number from 1 to 65535", what));
        out.port = static_cast<std::uint16_t>(value);
    }
    return out;
}

HostPort parse_server(std::string_view text, const Text &what) {
    // An IPv6 address may stand without its brackets where no port can be meant.
    if (!text.starts_with('[') && std::count(text.begin(), text.end(), ':') > 1)
        return split_authority("[" + std::string(text) + "]", 0, what);
    return split_authority(text, 0, what);
}

bool same_server(const HostPort &named, std::string_view host, std::uint16_t port) {
    const auto bare = [](std::string_view text) {
        while (text.ends_with('.')) text.remove_suffix(1);
        return lower(text);
    };
    return bare(named.host) == bare(host) && (named.port == 0 || named.port == port);
}

Url split_url(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos) refuse(say("the URL is not absolute"));
    Url url;
    url.scheme = lower(text.substr(0, colon));
    if (url.scheme != "http" && url.scheme != "https") refuse(say("the URL is neither http nor https"));
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F)
            refuse(say("the URL holds a space or a control character"));
    text = text.substr(colon + 3);
    text = text.substr(0, text.find('#'));
    const auto path = text.find_first_of("/?");
    const std::string_view authority = text.substr(0, path);
    if (authority.find('@') != std::string_view::npos)
        refuse(say("the URL carries a user name or password, which ferry does not take from URLs"));
    const std::uint16_t own = url.tls() ? 443 : 80;
    const HostPort where = split_authority(authority, own, say("the URL"));
    url.host = where.host;
    url.port = where.port;
    // The interface means nothing to the server (RFC 6874 section 4).
    url.authority = join(url.host.substr(0, url.host.find('%')), url.port);
    if (url.port == own) url.authority.resize(url.authority.rfind(':'));
    if (path == std::string_view::npos)
        url.target = "/";
    else if (text[path] == '?')
        url.target = "/" + std::string(text.substr(path));
    else
        url.target = std::string(text.substr(path));
    return url;
}

} // namespace ferry::net
