// The rules of proxies: the first line is a host with or without a port, the rest a NO_PROXY list; the same text is
// read as the URL of a proxy and as a list of proxies of single servers.
#include "fuzz.h"

#include "transport/proxy_rules.h"

#include <ferry/ferry.hpp>

using namespace ferry;
using namespace ferry::net;

namespace {

constexpr std::string_view secret = "geh3im", other_secret = "w0rt";

bool excluded(const ProxyRules &rules, std::string_view host, std::uint16_t port) {
    return choose(rules, "https", host, port).proxy == nullptr;
}

bool excluded(std::string_view list, std::string_view host, std::uint16_t port) {
    ProxyRules rules;
    rules.all = Proxy{"http", "proxy", 3128, {}, {}};
    rules.exceptions = parse_exceptions(list);
    for (const Exception &one : rules.exceptions) {
        HOLDS(one.address.empty() || one.address.size() == 4 || one.address.size() == 16);
        HOLDS(one.bits <= one.address.size() * 8);
        HOLDS((one.kind == Exception::Kind::network) == !one.address.empty());
        const bool named = one.kind == Exception::Kind::name || one.kind == Exception::Kind::suffix;
        HOLDS(named == !one.name.empty() && one.name == lower(one.name));
        HOLDS(one.kind != Exception::Kind::suffix || (one.name[0] == '.' && one.name.size() > 1));
    }
    const bool direct = excluded(rules, host, port);
    HOLDS(direct == excluded(rules, lower(host), port)); // case counts for nothing, nor does the root's dot
    HOLDS(direct == excluded(rules, std::string(host) + '.', port));
    return direct;
}

void check_list(std::string_view host, std::uint16_t port, std::string_view list) {
    const bool direct = excluded(list, host, port);
    const std::string all(list);
    HOLDS(excluded(all + ",*", host, port) && excluded("* " + all, host, port));
    HOLDS(!excluded(std::string_view(), host, port));
    // More entries exclude more, and each entry stands for itself.
    bool any = false;
    for (std::string_view rest = list; !rest.empty();) {
        const auto end = std::min(rest.find_first_of(", \t\r\n;"), rest.size());
        any = excluded(rest.substr(0, end), host, port) || any;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    HOLDS(direct == any);
    // A host that is named is excluded.
    if (host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == host.npos && !host.empty()) {
        HOLDS(excluded(host, host, port) && excluded(host, "sub." + std::string(host), port));
        HOLDS(!excluded('.' + std::string(host), host, port));
        HOLDS(port == 0 || excluded(std::string(host) + ':' + std::to_string(port), host, port));
    }
}

template <class Reading> void check_reading(const Reading &reading) {
    try {
        reading();
    } catch (const Error &error) {
        HOLDS(error.code == FERRY_E_INVALID);
        const std::string message = lower(error.message.english());
        HOLDS(message.find(secret) == message.npos && message.find(other_secret) == message.npos);
    }
}

void check_proxy(std::string_view before, std::string_view behind) {
    // A password with a colon and slashes in it, as people type it without percent signs.
    const std::string text = std::string(before) + "user:" + std::string(secret) + "://" + std::string(other_secret) +
                             '@' + std::string(behind);
    check_reading([&] { parse_proxy(text, "--proxy"); });
    check_reading([&] { parse_assignments("a=direct, b=" + text, "--proxy-for"); });
    check_reading([&] { parse_proxy("http://user:" + std::string(secret) + '@' + std::string(behind), "--proxy"); });
    check_reading([&] {
        const Proxy proxy = parse_proxy(before, "--proxy");
        HOLDS(!proxy.host.empty() && proxy.port != 0 && proxy.host == lower(proxy.host));
        HOLDS(proxy.endpoint() == join(proxy.host, proxy.port));
        const Proxy again = parse_proxy(proxy.scheme + "://" + proxy.endpoint(), "--proxy");
        HOLDS(again.host == proxy.host && again.port == proxy.port && again.scheme == proxy.scheme);
    });
    check_reading([&] {
        for (const Assignment &one : parse_assignments(behind, "--proxy-for")) {
            ProxyRules rules;
            rules.assigned = {one};
            const std::uint16_t port = one.server.port ? one.server.port : 443;
            HOLDS((choose(rules, "https", one.server.host, port).proxy != nullptr) == one.proxy.has_value());
        }
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view list = fuzz::text_of(data, size);
    const std::string all = lower(list);
    if (all.find(secret) != all.npos || all.find(other_secret) != all.npos) return 0; // then it may be shown
    const std::string_view first = fuzz::take_until(list, "\n");
    check_reading([&] {
        const HostPort server = split_authority(first, 443, "the server");
        HOLDS(server.host == lower(server.host) && server.port != 0);
        check_list(server.host, server.port, list);
    });
    check_proxy(first, list);
    return 0;
}
