// Any registry that speaks the OCI distribution protocol (Docker Registry API v2).

#include "backend.h"

namespace {

class V2 final : public distribution::Backend {
public:
    V2(const ferry::Config &, ferry_http http) noexcept : Backend(http) {}

    static int claims(const ferry::Config &, std::string_view) noexcept { return 1; }
};

constexpr ferry_registry_v1 table = ferry::registry<V2>();

} // namespace

FERRY_PLUGIN("v2", "1.0.0", "any registry that speaks the OCI distribution protocol", "ferry", nullptr,
             FERRY_REGISTRY_V1, table)
