// The transport that connects straight to the registry.
#include "transport/engine.h"

namespace {

class Direct final : public ferry::Transport {
public:
    Direct(const ferry::Config &config, ferry_http) : engine_(ferry::net::tls_options(config)) {}

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        return engine_.open(op, request, ferry::net::split_url(ferry::view(request.url)), nullptr);
    }

private:
    ferry::net::Engine engine_;
};

constexpr ferry_transport_v1 table = ferry::transport<Direct>(FERRY_TRANSPORT_BOTTOM);

constexpr ferry_option options[] = {FERRY_TLS_OPTIONS, {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN("direct", "1.0.0", "Connects straight to the registry.", "ferry", options, FERRY_TRANSPORT_V1, table)
