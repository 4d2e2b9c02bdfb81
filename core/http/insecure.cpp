#include "core/http/insecure.h"

#include "core/base/error.h"

#include <ferry/kit/address.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <utility>

namespace ferry::core {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

// "a.b:1" or "[::1]:1" as host and port; the port is empty where there is none.
std::pair<std::string, std::string> host_and_port(std::string_view server) {
    const auto colon = server.rfind(':'), bracket = server.rfind(']');
    const bool naked = std::count(server.begin(), server.end(), ':') > 1 && bracket == server.npos; // IPv6
    if (colon == server.npos || naked || (bracket != server.npos && colon < bracket))
        return {kit::bare_host(server), ""};
    return {kit::bare_host(server.substr(0, colon)), std::string(server.substr(colon + 1))};
}

void add(Insecure &insecure, const std::string &value) {
    if (value.empty() || value == "no" || value == "false" || value == "off" || value == "0") return;
    if (value == "yes" || value == "true" || value == "on" || value == "1") {
        insecure.everywhere = true;
        return;
    }
    const auto [host, port] = host_and_port(value);
    if (host.empty() || value.find_first_of("/@?#") != value.npos ||
        port.find_first_not_of("0123456789") != port.npos || (port.empty() && value.back() == ':'))
        throw Error(Kind::usage, say("--insecure={} does not name a registry", redact_url(value)),
                    say("write --insecure=HOST or --insecure=HOST:PORT, or --insecure alone for all"));
    insecure.servers.push_back(value);
}

} // namespace

bool Insecure::at(const Url &url) const {
    return everywhere || std::any_of(servers.begin(), servers.end(), [&](const std::string &server) {
               const auto [host, port] = host_and_port(server);
               return host == kit::bare_host(url.host) && (port.empty() || port == url.port);
           });
}

Insecure parse_insecure(const std::vector<std::string> &values) {
    Insecure out;
    for (const std::string &value : values)
        for (std::size_t begin = 0; begin <= value.size();) {
            const auto end = std::min(value.find_first_of(", ", begin), value.size());
            add(out, lower(std::string_view(value).substr(begin, end - begin)));
            begin = end + 1;
        }
    return out;
}

} // namespace ferry::core
