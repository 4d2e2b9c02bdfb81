// The transport that goes through an HTTP proxy, except to the hosts that need none.
#include "transport/engine.h"

namespace {

using namespace ferry::net;

ProxyRules proxy_rules(const ferry::Config &config) {
    const auto proxy = [&](const char *option) -> std::optional<Proxy> {
        const std::string text = config.get(option);
        if (text.empty()) return std::nullopt;
        return parse_proxy(text, option);
    };
    return {proxy("http_proxy"), proxy("https_proxy"), proxy("all_proxy"), parse_exceptions(config.get("no_proxy"))};
}

class ThroughProxy final : public ferry::Transport {
public:
    ThroughProxy(const ferry::Config &config, ferry_http)
        : rules_(proxy_rules(config)), engine_(tls_options(config)) {}

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        const Url url = split_url(ferry::view(request.url));
        const Proxy *proxy = choose(rules_, url.scheme, url.host, url.port);
        op.debug(url.endpoint() + ": " + (proxy ? "through the proxy " + proxy->endpoint() : "no proxy"));
        return engine_.open(op, request, url, proxy);
    }

private:
    ProxyRules rules_;
    Engine engine_;
};

constexpr ferry_transport_v1 table = ferry::transport<ThroughProxy>(FERRY_TRANSPORT_BOTTOM);

constexpr ferry_option options[] = {
    {"http_proxy", nullptr, "URL of the proxy for http:// targets."},
    {"https_proxy", nullptr, "URL of the proxy for https:// targets."},
    {"all_proxy", nullptr, "URL of the proxy for targets without one of their own."},
    {"no_proxy", nullptr, "Hosts to reach directly: names, .suffixes, addresses, networks, each with an optional port."},
    {"insecure", "no", "Skip the verification of TLS certificates."},
    {"ca_cert", nullptr, "PEM file or folder of certificate authorities to trust beside the system's."},
    {"client_cert", nullptr, "PEM file with the certificate that identifies this client."},
    {"client_key", nullptr, "PEM file with that certificate's private key."},
    {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN("proxy", "1.0.0", "Connects through an HTTP proxy, or directly where none is set.", "ferry", options,
             FERRY_TRANSPORT_V1, table)
