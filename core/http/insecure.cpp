#include "core/http/insecure.h"

#include "core/base/error.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

namespace {

void add(Insecure &insecure, const std::string &value) {
    if (value == "no" || value == "false" || value == "off" || value == "0") return;
    if (value == "yes" || value == "true" || value == "on" || value == "1") {
        insecure.everywhere = true;
        return;
    }
    kit::UrlFault fault{};
    if (!kit::parse_server(value, fault) || value.back() == ':')
        throw Error(Kind::usage, say("--insecure={} does not name a registry", redact_url(value)),
                    say("write --insecure=HOST or --insecure=HOST:PORT, or --insecure alone for all"));
    insecure.servers.push_back(value);
}

} // namespace

bool Insecure::at(const Url &url) const {
    return everywhere || std::any_of(servers.begin(), servers.end(), [&](const std::string &server) {
               kit::UrlFault fault{};
               const auto named = kit::parse_server(server, fault);
               return named && kit::same_server(*named, url.host, url.port);
           });
}

Insecure parse_insecure(const std::vector<std::string> &values) {
    Insecure out;
    for (const std::string &value : values)
        for (const std::string_view one : kit::words(value, ", ")) add(out, kit::lower(one));
    return out;
}

} // namespace ferry::core
