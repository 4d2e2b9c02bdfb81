#include <ferry/kit/address.hpp>
#include <ferry/kit/ascii.hpp>
#include <ferry/kit/url.hpp>

#include <algorithm>
#include <charconv>

namespace ferry::kit {

namespace {

constexpr std::size_t longest_host = 255;

constexpr std::uint16_t own_port(std::string_view scheme) noexcept {
    return scheme == "https" ? 443 : 80;
}

bool is_host_char(char c) noexcept {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

// With the zone by which the system reaches it ("%eth0").
bool is_ipv6(std::string_view text) {
    const auto zone = std::min(text.find('%'), text.size());
    const std::string_view address = text.substr(0, zone);
    return address.find(':') != address.npos && parse_address(address) &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(zone), text.end(),
                       [](char c) { return c == '%' || is_host_char(c); });
}

// parse_host_port, but for the case of the host.
std::optional<HostPort> split_host_port(std::string_view text, UrlFault &fault) {
    const auto refuse = [&fault](UrlFault why) {
        fault = why;
        return std::nullopt;
    };
    std::string_view host, rest;
    if (starts_with(text, "[")) {
        const auto end = text.find(']');
        if (end == text.npos) return refuse(UrlFault::open_bracket);
        host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':') return refuse(UrlFault::after_bracket);
        if (!is_ipv6(host)) return refuse(UrlFault::ipv6);
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        host = text.substr(0, colon);
        rest = text.substr(colon);
        if (host.empty()) return refuse(UrlFault::no_host);
        if (!std::all_of(host.begin(), host.end(), is_host_char)) return refuse(UrlFault::host);
    }
    if (host.size() > longest_host) return refuse(UrlFault::host);
    HostPort out{std::string(host), 0};
    if (rest.size() < 2) return out;
    rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.port);
    if (error != std::errc() || end != rest.data() + rest.size() || out.port == 0) return refuse(UrlFault::port);
    return out;
}

} // namespace

std::optional<HostPort> parse_host_port(std::string_view text, UrlFault &fault) {
    auto out = split_host_port(text, fault);
    if (out) out->host = lower(out->host);
    return out;
}

std::optional<HostPort> parse_server(std::string_view text, UrlFault &fault) {
    const bool naked = !starts_with(text, "[") && std::count(text.begin(), text.end(), ':') > 1;
    return parse_host_port(naked ? "[" + std::string(text) + "]" : std::string(text), fault);
}

bool same_server(const HostPort &named, std::string_view host, std::uint16_t port) {
    return bare_host(named.host) == bare_host(host) && (named.port == 0 || named.port == port);
}

std::string join_host_port(std::string_view host, std::uint16_t port) {
    const bool v6 = host.find(':') != host.npos;
    return (v6 ? "[" : "") + std::string(host) + (v6 ? "]" : "") + (port ? ":" + std::to_string(port) : "");
}

std::optional<Url> Url::parse(std::string_view text, UrlFault &fault) {
    const auto refuse = [&fault](UrlFault why) {
        fault = why;
        return std::nullopt;
    };
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }))
        return refuse(UrlFault::character);
    const auto mark = text.find("://");
    if (mark == text.npos) return refuse(UrlFault::relative);
    Url url;
    url.scheme = lower(text.substr(0, mark));
    if (url.scheme != "http" && url.scheme != "https") return refuse(UrlFault::scheme);
    text.remove_prefix(mark + 3);
    text = text.substr(0, text.find('#'));
    const auto end = std::min(text.find_first_of("/?"), text.size());
    const std::string_view authority = text.substr(0, end);
    if (authority.find('@') != authority.npos) return refuse(UrlFault::login);
    auto where = parse_host_port(authority, fault);
    if (!where) return std::nullopt;
    url.host = std::move(where->host);
    url.port = where->port ? where->port : own_port(url.scheme);
    url.target = std::string(text.substr(end));
    if (!starts_with(url.target, "/")) url.target.insert(0, "/");
    return url;
}

std::string Url::authority() const {
    return join_host_port(host, port == own_port(scheme) ? 0 : port);
}

std::optional<RegistryAddress> RegistryAddress::parse(std::string_view text, UrlFault &fault) {
    RegistryAddress out;
    if (const auto mark = text.find("://"); mark != text.npos) {
        out.scheme = lower(text.substr(0, mark));
        if (out.scheme != "http" && out.scheme != "https") {
            fault = UrlFault::scheme;
            return std::nullopt;
        }
        text.remove_prefix(mark + 3);
    }
    while (ends_with(text, "/")) text.remove_suffix(1);
    if (text.find('@') != text.npos) {
        fault = UrlFault::login;
        return std::nullopt;
    }
    auto where = split_host_port(text, fault);
    if (!where) return std::nullopt;
    out.host = std::move(where->host);
    out.port = where->port;
    return out;
}

} // namespace ferry::kit
