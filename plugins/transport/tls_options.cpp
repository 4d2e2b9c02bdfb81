#include "transport/tls_options.h"

#include <algorithm>

namespace ferry::net {

TlsOptions tls_options(const Config &config) {
    TlsOptions options;
    options.insecure = config.flag("insecure");
    options.ca_cert = config.get("ca_cert");
    options.client_cert = config.get("client_cert");
    options.client_key = config.get("client_key");
    options.certs_dir = config.get("certs_dir");
    options.min_tls = config.get("min_tls");
    const std::string hosts = config.get("insecure_hosts");
    for (std::string_view left = hosts; !left.empty();) {
        const auto end = std::min(left.find_first_of(", "), left.size());
        if (end) options.insecure_servers.push_back(parse_server(left.substr(0, end), "insecure_hosts"));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return options;
}

} // namespace ferry::net
