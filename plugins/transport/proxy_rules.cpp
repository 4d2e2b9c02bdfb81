#include "transport/proxy_rules.h"

#include "transport/os/address.h"
#include "transport/url.h"

#include <ferry/ferry.hpp>
#include <ferry/kit/ascii.hpp>
#include <ferry/kit/percent.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <charconv>

namespace ferry::net {

namespace {

// ::ffff:a.b.c.d is a.b.c.d. A number without dots is a name, as everywhere else in such lists.
std::vector<unsigned char> to_bytes(std::string_view text) {
    if (text.find(':') == text.npos && std::count(text.begin(), text.end(), '.') != 3) return {};
    const auto ip = kit::parse_address(text);
    if (!ip) return {};
    const auto bytes = os::octets(*ip);
    return {bytes.begin(), bytes.end()};
}

bool within(const std::vector<unsigned char> &address, const std::vector<unsigned char> &network, unsigned bits) {
    if (address.size() != network.size()) return false;
    for (unsigned i = 0; i < network.size() && bits > 0; ++i) {
        const unsigned take = std::min(bits, 8u);
        const unsigned mask = 0xFFu << (8 - take) & 0xFFu;
        if ((address[i] ^ network[i]) & mask) return false;
        bits -= take;
    }
    return true;
}

bool to_number(std::string_view text, unsigned limit, unsigned &value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() && value <= limit;
}

std::optional<Exception> parse_exception(std::string_view text) {
    Exception one;
    if (text == "*") {
        one.kind = Exception::Kind::everything;
        return one;
    }
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        one.kind = Exception::Kind::network;
        one.address = to_bytes(text.substr(0, slash));
        const auto width = static_cast<unsigned>(one.address.size() * 8);
        if (!width || !to_number(text.substr(slash + 1), width, one.bits)) return std::nullopt;
        return one;
    }
    std::string_view host = text, port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':') return std::nullopt;
        if (!rest.empty()) port = rest.substr(1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        host = text.substr(0, text.find(':'));
        port = text.substr(text.find(':') + 1);
    }
    unsigned number = 0;
    if (!port.empty() && (!to_number(port, 65535, number) || number == 0)) return std::nullopt;
    one.port = static_cast<std::uint16_t>(number);
    while (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty()) return std::nullopt;
    one.address = to_bytes(host);
    if (!one.address.empty()) {
        one.kind = Exception::Kind::network;
        one.bits = static_cast<unsigned>(one.address.size() * 8);
        return one;
    }
    if (host.starts_with("*.")) host.remove_prefix(1);
    one.kind = host.starts_with('.') ? Exception::Kind::suffix : Exception::Kind::name;
    one.name = lower(host);
    return one;
}

bool matches(const Exception &one, const std::string &host, const std::vector<unsigned char> &address,
             std::uint16_t port) {
    if (one.port && one.port != port) return false;
    switch (one.kind) {
    case Exception::Kind::everything: return true;
    case Exception::Kind::network: return within(address, one.address, one.bits);
    case Exception::Kind::suffix: return host.size() > one.name.size() && host.ends_with(one.name);
    case Exception::Kind::name: return host == one.name || host.ends_with("." + one.name);
    }
    return false;
}

} // namespace

std::string Proxy::endpoint() const {
    return join(host, port);
}

Proxy parse_proxy(std::string_view text, std::string_view option) {
    const Text what = say("the proxy in {}", option);
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F)
            throw Error(FERRY_E_INVALID, say("{} holds a space or a control character", what));
    Proxy proxy;
    proxy.scheme = "http";
    if (const auto end = text.find("://"); end != std::string_view::npos) {
        // Then it is no scheme but a login, which must not be shown.
        if (end != text.find_first_of(":@"))
            throw Error(FERRY_E_INVALID,
                        say("the proxy in {} has ':' or '@' before its '://'; in a user name or password ':' is "
                            "written %3A, '@' %40 and '/' %2F",
                            option));
        proxy.scheme = lower(text.substr(0, end));
        text.remove_prefix(end + 3);
    }
    if (proxy.scheme == "socks") proxy.scheme = "socks5h";
    std::uint16_t port = 0;
    if (proxy.scheme == "http")
        port = 80;
    else if (proxy.scheme == "https")
        port = 443;
    else if (proxy.scheme == "socks5" || proxy.scheme == "socks5h")
        port = 1080;
    else
        throw Error(FERRY_E_INVALID,
                    say("the proxy in {} is of a kind that ferry does not speak ({}); it speaks http://, https://, "
                        "socks5:// and socks5h://",
                        option, proxy.scheme.substr(0, 20)));
    text = text.substr(0, text.find_first_of("/?#"));
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        const std::string_view credentials = text.substr(0, at);
        const auto colon = credentials.find(':');
        proxy.user = kit::percent_decode(credentials.substr(0, colon));
        if (colon != std::string_view::npos) proxy.password = kit::percent_decode(credentials.substr(colon + 1));
        text.remove_prefix(at + 1);
    }
    const HostPort where = split_authority(text, port, what);
    proxy.host = where.host;
    proxy.port = where.port;
    return proxy;
}

std::vector<Assignment> parse_assignments(std::string_view list, std::string_view option) {
    std::vector<Assignment> assigned;
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(", \t\r\n"), list.size());
        const std::string_view one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (one.empty()) continue;
        const auto equals = one.find('=');
        // What stands there instead is not shown: it may hold a password.
        if (equals == std::string_view::npos || equals + 1 == one.size())
            throw Error(FERRY_E_INVALID, say("{} takes HOST=URL or HOST=direct, separated by commas", option));
        Assignment &made = assigned.emplace_back();
        made.server = parse_server(one.substr(0, equals), option);
        if (const std::string_view url = one.substr(equals + 1); url != "direct") made.proxy = parse_proxy(url, option);
    }
    return assigned;
}

std::vector<Exception> parse_exceptions(std::string_view list) {
    std::vector<Exception> entries;
    for (const std::string_view text : kit::words(list, ", \t\r\n;"))
        if (auto one = parse_exception(text)) entries.push_back(std::move(*one));
    return entries;
}

Route choose(const ProxyRules &rules, std::string_view scheme, std::string_view host, std::uint16_t port) {
    for (const Assignment &one : rules.assigned)
        if (same_server(one.server, host, port))
            return {one.proxy ? &*one.proxy : nullptr, "it is assigned to this server"};
    const std::optional<Proxy> &own = scheme == "https" ? rules.https : rules.http;
    const std::optional<Proxy> &proxy = own ? own : rules.all;
    if (!proxy) return {nullptr, "no proxy is set for this scheme"};
    std::string name = lower(host);
    while (name.ends_with('.')) name.pop_back();
    const auto address = to_bytes(name);
    for (const Exception &one : rules.exceptions)
        if (matches(one, name, address, port)) return {nullptr, "NO_PROXY names it"};
    return {&*proxy, own ? "it is the proxy of this scheme" : "it is the proxy for all"};
}

} // namespace ferry::net
