// The transport that goes through an HTTP or SOCKS5 proxy, except to the hosts that need none.
#include "transport/engine.h"

#include <ferry/text.hpp>

namespace {

using namespace ferry::net;

ProxyRules proxy_rules(const ferry::Config &config) {
    const auto proxy = [&](const char *option) -> std::optional<Proxy> {
        const std::string text = config.get(option);
        if (text.empty()) return std::nullopt;
        return parse_proxy(text, option);
    };
    return {proxy("http_proxy"), proxy("https_proxy"), proxy("all_proxy"), parse_exceptions(config.get("no_proxy")),
            parse_assignments(config.get("registry_proxy"), "registry_proxy")};
}

class ThroughProxy final : public ferry::Transport {
public:
    ThroughProxy(const ferry::Config &config, ferry_http) : rules_(proxy_rules(config)), engine_(tls_options(config)) {}

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        const Url url = split_url(ferry::view(request.url));
        const Route route = choose(rules_, url.scheme, url.host, url.port);
        op.debug(url.endpoint() + ": " +
                 (route.proxy ? "through the proxy " + route.proxy->scheme + "://" + route.proxy->endpoint()
                              : std::string("no proxy")) +
                 " (" + route.why + ")");
        return engine_.open(op, request, url, route.proxy);
    }

private:
    ProxyRules rules_;
    Engine engine_;
};

constexpr ferry_transport_v1 table = ferry::transport<ThroughProxy>(FERRY_TRANSPORT_BOTTOM);

constexpr ferry_option options[] = {
    {"http_proxy", nullptr, ferry::later("URL of the proxy for http:// targets.")},
    {"https_proxy", nullptr, ferry::later("URL of the proxy for https:// targets.")},
    {"all_proxy", nullptr, ferry::later("URL of the proxy for targets without one of their own.")},
    {"no_proxy", nullptr,
     ferry::later("Hosts to reach directly: names, .suffixes, addresses, networks, each with an optional port.")},
    {"registry_proxy", nullptr,
     ferry::later("Proxies of single servers, separated by commas: HOST[:PORT]=URL or HOST[:PORT]=direct.")},
    FERRY_TLS_OPTIONS,
    {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN("proxy", "1.0.0", "Connects through an HTTP or SOCKS5 proxy, or directly where none is set.", "ferry",
             options, FERRY_TRANSPORT_V1, table)
