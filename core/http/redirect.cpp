#include "core/http/redirect.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace ferry::core {

namespace {

using Address = std::array<unsigned char, 16>; // IPv4 as ::ffff:a.b.c.d

std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

std::optional<std::uint32_t> number(std::string_view text, int base) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// All that inet_aton(3) takes: one to four parts, each decimal, octal or hexadecimal, the last one filling up.
std::optional<std::uint32_t> ipv4(std::string_view text) {
    std::vector<std::uint32_t> parts;
    for (bool more = true; more;) {
        const auto dot = text.find('.');
        more = dot != text.npos;
        std::string_view part = text.substr(0, dot);
        if (more) text.remove_prefix(dot + 1);
        int base = 10;
        if (part.size() > 2 && part[0] == '0' && (part[1] == 'x' || part[1] == 'X')) {
            base = 16;
            part.remove_prefix(2);
        } else if (part.size() > 1 && part[0] == '0') {
            base = 8;
        }
        const auto value = number(part, base);
        if (!value || parts.size() == 4) return std::nullopt;
        parts.push_back(*value);
    }
    std::uint32_t address = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (parts[i] > 255) return std::nullopt;
        address |= parts[i] << (24 - 8 * i);
    }
    const unsigned left = 32 - 8 * static_cast<unsigned>(parts.size() - 1);
    if (left < 32 && parts.back() >> left) return std::nullopt;
    return address | parts.back();
}

void put(Address &to, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) to[at + i] = static_cast<unsigned char>(value >> (24 - 8 * i));
}

// RFC 4291 section 2.2.
std::optional<Address> ipv6(std::string_view text) {
    text = text.substr(0, text.find('%'));
    std::vector<std::uint32_t> head, tail;
    bool gap = false;
    if (text.substr(0, 2) == "::") {
        gap = true;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        const auto colon = text.find(':');
        const std::string_view part = text.substr(0, colon);
        std::vector<std::uint32_t> &groups = gap ? tail : head;
        if (colon == text.npos && part.find('.') != part.npos) {
            const auto low = ipv4(part);
            if (!low) return std::nullopt;
            groups.push_back(*low >> 16);
            groups.push_back(*low & 0xFFFF);
            break;
        }
        const auto value = number(part, 16);
        if (!value || part.size() > 4) return std::nullopt;
        groups.push_back(*value);
        if (colon == text.npos) break;
        text.remove_prefix(colon + 1);
        if (!text.empty() && text[0] == ':') {
            if (gap) return std::nullopt;
            gap = true;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return std::nullopt;
        }
    }
    if (gap ? head.size() + tail.size() > 7 : head.size() != 8) return std::nullopt;
    Address address{};
    const auto place = [&](std::size_t group, std::uint32_t value) {
        address[2 * group] = static_cast<unsigned char>(value >> 8);
        address[2 * group + 1] = static_cast<unsigned char>(value);
    };
    for (std::size_t i = 0; i < head.size(); ++i) place(i, head[i]);
    for (std::size_t i = 0; i < tail.size(); ++i) place(8 - tail.size() + i, tail[i]);
    return address;
}

std::optional<Address> address_of(std::string_view host) {
    if (host.find(':') != host.npos) return ipv6(host);
    const auto low = ipv4(host);
    if (!low) return std::nullopt;
    Address address{};
    address[10] = address[11] = 0xFF;
    put(address, 12, *low);
    return address;
}

struct Range {
    const char *network;
    unsigned bits; // of 128
};
constexpr Range private_ranges[] = {
    {"0.0.0.0", 96 + 8},      {"10.0.0.0", 96 + 8},    {"100.64.0.0", 96 + 10}, {"127.0.0.0", 96 + 8},
    {"169.254.0.0", 96 + 16}, {"172.16.0.0", 96 + 12}, {"192.168.0.0", 96 + 16}, {"::1", 128},
    {"::", 128},              {"fc00::", 7},           {"fe80::", 10},          {"fec0::", 10}};

bool within(const Address &address, const Range &range) {
    const Address network = *address_of(range.network);
    for (unsigned bit = 0; bit < range.bits; bit += 8) {
        const unsigned take = std::min(range.bits - bit, 8U);
        const unsigned mask = 0xFFU << (8 - take) & 0xFFU;
        if ((address[bit / 8] ^ network[bit / 8]) & mask) return false;
    }
    return true;
}

std::string bare(std::string_view host) {
    if (!host.empty() && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    while (!host.empty() && host.back() == '.') host.remove_suffix(1);
    return lower(host);
}

// "a.b:1" or "[::1]:1" apart; the port empty where there is none.
std::pair<std::string, std::string> split(std::string_view server) {
    const auto colon = server.rfind(':'), bracket = server.rfind(']');
    const bool naked = std::count(server.begin(), server.end(), ':') > 1 && bracket == server.npos;
    if (colon == server.npos || naked || (bracket != server.npos && colon < bracket)) return {bare(server), ""};
    return {bare(server.substr(0, colon)), std::string(server.substr(colon + 1))};
}

} // namespace

bool Insecure::at(const Url &url) const {
    return everywhere || std::any_of(servers.begin(), servers.end(), [&](const std::string &server) {
               const auto [host, port] = split(server);
               return host == bare(url.host) && (port.empty() || port == url.port);
           });
}

Insecure parse_insecure(const std::vector<std::string> &values) {
    Insecure out;
    for (const std::string &value : values) {
        for (std::size_t begin = 0; begin <= value.size();) {
            const auto end = std::min(value.find_first_of(", ", begin), value.size());
            const std::string one = lower(std::string_view(value).substr(begin, end - begin));
            begin = end + 1;
            if (one.empty() || one == "no" || one == "false" || one == "off" || one == "0") continue;
            if (one == "yes" || one == "true" || one == "on" || one == "1") {
                out.everywhere = true;
                continue;
            }
            const auto [host, port] = split(one);
            if (host.empty() || one.find_first_of("/@?#") != one.npos ||
                port.find_first_not_of("0123456789") != port.npos || (port.empty() && one.back() == ':'))
                throw Error(Kind::usage, say("--insecure={} names no registry", redact_url(one)),
                            say("write --insecure=HOST or --insecure=HOST:PORT, or --insecure alone for all"));
            out.servers.push_back(one);
        }
    }
    return out;
}

bool literally_private(std::string_view host) {
    const std::string name = bare(host);
    if (const auto address = address_of(name))
        return std::any_of(std::begin(private_ranges), std::end(private_ranges),
                           [&](const Range &range) { return within(*address, range); });
    if (name.find('.') == name.npos) return true;
    constexpr std::string_view local[] = {".localhost", ".local",     ".lan", ".internal",
                                          ".home.arpa", ".localdomain", ".test"};
    return std::any_of(std::begin(local), std::end(local), [&](std::string_view end) {
        return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
    });
}

std::optional<RedirectRefusal> refuse_redirect(const Url &origin, const Url &from, std::string_view location,
                                               const RedirectRules &rules) {
    // Anything but http and https: file:, data:, ftp: and so on (RFC 3986 section 3.1).
    const auto colon = location.find(':');
    const auto scheme = lower(location.substr(0, colon == location.npos ? 0 : colon));
    const bool absolute = !scheme.empty() && scheme.find_first_of("/?#[") == scheme.npos;
    if (absolute && scheme != "http" && scheme != "https")
        return RedirectRefusal{say("{} redirects to an address of the kind {}:, which ferry does not follow",
                                   from.authority(), scheme.substr(0, 20)),
                               say("the registry is set up wrongly, or means harm; tell its operator")};
    const Url to = resolve_location(from, location);
    if (from.scheme == "https" && to.scheme == "http" && !rules.insecure.at(to))
        return RedirectRefusal{
            say("{} redirects to {}, which is not encrypted", from.authority(), to.origin()),
            say("if that is what you want, allow it with --insecure={}", to.authority())};
    if (!rules.into_private && !literally_private(origin.host) && literally_private(to.host))
        return RedirectRefusal{
            say("{} redirects to {}, which lies in a private network, and {} is no private host", from.authority(),
                to.authority(), origin.authority()),
            say("if both are in your own network, allow it with --private-redirects")};
    return std::nullopt;
}

} // namespace ferry::core
