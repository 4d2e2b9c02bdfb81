#include <ferry/kit/address.hpp>
#include <ferry/kit/ascii.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

namespace ferry::kit {

namespace {

std::optional<std::uint32_t> number(std::string_view text, int base) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// One to four parts, each decimal, octal or hexadecimal, the last one filling up.
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
        if (!value || part.size() > 4 || groups.size() == 8) return std::nullopt;
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

struct Range {
    const char *network;
    unsigned bits; // of the address as it is written
};
constexpr Range loopback_ranges[] = {{"127.0.0.0", 8}, {"::1", 128}};
constexpr Range private_ranges[] = {{"0.0.0.0", 8},      // this network (RFC 791)
                                    {"10.0.0.0", 8},     // RFC 1918
                                    {"100.64.0.0", 10},  // carrier-grade NAT (RFC 6598), and some clouds' metadata
                                    {"127.0.0.0", 8},    // loopback (RFC 1122)
                                    {"169.254.0.0", 16}, // link-local (RFC 3927), and most clouds' metadata
                                    {"172.16.0.0", 12},  // RFC 1918
                                    {"192.0.0.0", 24},   // IETF protocols (RFC 6890), and Oracle's metadata
                                    {"192.168.0.0", 16}, // RFC 1918
                                    {"198.18.0.0", 15},  // benchmarks (RFC 2544)
                                    {"224.0.0.0", 4},    // multicast (RFC 5771)
                                    {"240.0.0.0", 4},    // reserved (RFC 1112), and broadcast
                                    {"::", 96},          // unspecified, loopback, and IPv4-compatible (RFC 4291)
                                    {"64:ff9b::", 96},   // NAT64 (RFC 6052)
                                    {"64:ff9b:1::", 48}, // NAT64 of one's own (RFC 8215)
                                    {"100::", 64},       // discarded (RFC 6666)
                                    {"2001::", 32},      // Teredo (RFC 4380)
                                    {"2002::", 16},      // 6to4 (RFC 3056)
                                    {"fc00::", 7},       // unique local (RFC 4193)
                                    {"fe80::", 10},      // link-local
                                    {"fec0::", 10},      // site-local (RFC 3879)
                                    {"ff00::", 8}};      // multicast
constexpr std::string_view local_names[] = {".localhost", ".local",       ".lan",  ".internal",
                                            ".intranet",  ".corp",        ".home", ".private",
                                            ".home.arpa", ".localdomain", ".test"};

bool within(const Address &address, const Range &range) {
    const Address network = *parse_address(range.network);
    const bool v4 = std::string_view(range.network).find(':') == std::string_view::npos;
    const unsigned bits = range.bits + (v4 ? 96 : 0);
    for (unsigned bit = 0; bit < bits; bit += 8) {
        const unsigned take = std::min(bits - bit, 8U);
        const unsigned mask = 0xFFU << (8 - take) & 0xFFU;
        if ((address[bit / 8] ^ network[bit / 8]) & mask) return false;
    }
    return true;
}

template <std::size_t Count> bool within(const Address &address, const Range (&ranges)[Count]) {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [&](const Range &range) { return within(address, range); });
}

bool is_below(std::string_view name, std::string_view end) {
    return name.size() > end.size() && ends_with(name, end);
}

} // namespace

std::optional<Address> parse_address(std::string_view host) {
    if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.find(':') != host.npos) return ipv6(host);
    const auto low = ipv4(host);
    if (!low) return std::nullopt;
    Address address{};
    address[10] = address[11] = 0xFF;
    for (std::size_t i = 0; i < 4; ++i) address[12 + i] = static_cast<unsigned char>(*low >> (24 - 8 * i));
    return address;
}

std::string bare_host(std::string_view host) {
    if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    while (!host.empty() && host.back() == '.') host.remove_suffix(1);
    return lower(host);
}

bool is_loopback(std::string_view host) {
    const std::string name = bare_host(host);
    if (const auto address = parse_address(name)) return within(*address, loopback_ranges);
    return name == "localhost" || is_below(name, ".localhost");
}

bool is_private(std::string_view host) {
    const std::string name = bare_host(host);
    if (const auto address = parse_address(name)) return within(*address, private_ranges);
    if (name.find('.') == name.npos) return true;
    return std::any_of(std::begin(local_names), std::end(local_names),
                       [&](std::string_view end) { return is_below(name, end); });
}

} // namespace ferry::kit
