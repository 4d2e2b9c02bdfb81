// ferry/registry.hpp: a registry backend as a C++ class.
#ifndef FERRY_REGISTRY_HPP
#define FERRY_REGISTRY_HPP

#include <ferry/transport.hpp>

#include <string>
#include <vector>

namespace ferry {

struct Reference {
    std::string registry;
    std::string repository;
    std::string tag;
    std::string digest;
    bool default_host = false; // see FERRY_REFERENCE_DEFAULT_HOST

    static Reference of(const ferry_reference &from) {
        return {str(from.registry), str(from.repository), str(from.tag), str(from.digest),
                (from.flags & FERRY_REFERENCE_DEFAULT_HOST) != 0};
    }
};

struct Endpoint {
    std::string base_url;
    std::string repository;
    bool mirror = false;
    bool plain_http = false;
};

struct Challenge {
    std::string endpoint;
    std::vector<std::string> authenticate;
    std::string scope;
    std::string username;
    std::string secret;
    std::string identity_token;

    static Challenge of(const ferry_challenge &from) {
        Challenge to{str(from.endpoint), {}, str(from.scope), str(from.username), str(from.secret),
                     str(from.identity_token)};
        for (std::size_t i = 0; i < from.authenticate_count; ++i) to.authenticate.push_back(str(from.authenticate[i]));
        return to;
    }
};

// A header to send; see registry.h for the lifetime.
struct Credential {
    std::string name;
    std::string value;
    std::int64_t lifetime_ms = 0;
};

struct Refusal {
    int http_status = 0;
    std::string endpoint;
    std::string repository;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    bool with_credentials = false;

    static Refusal of(const ferry_refusal &from) {
        Refusal to{from.http_status, str(from.endpoint), str(from.repository), str(from.body), {},
                   from.with_credentials != 0};
        for (std::size_t i = 0; i < from.header_count; ++i)
            to.headers.emplace_back(str(from.headers[i].name), str(from.headers[i].value));
        return to;
    }
};

struct Advice {
    ferry_status meaning = FERRY_E_INTERNAL;
    std::string what;
    std::string remedy;
};

struct SearchHit {
    std::string name;
    std::string description;
    std::int64_t stars = -1;
    std::int64_t pulls = -1;
    bool official = false;
};

// One backend. Constructible from (Config, ferry_http); has a static int claims(Config, std::string_view host).
// Every function is called from any thread and throws ferry::Error.
class Registry {
public:
    virtual ~Registry() = default;
    virtual std::vector<Reference> normalize(const Reference &typed) = 0;
    virtual std::vector<Endpoint> endpoints(const Reference &reference) = 0;
    virtual Credential authorize(const Op &op, const Challenge &challenge) = 0;
    virtual std::optional<Advice> explain(const Refusal &) { return std::nullopt; }
};

namespace detail {

inline Registry *of(ferry_registry *registry) noexcept { return reinterpret_cast<Registry *>(registry); }

inline void pushed(ferry_status status) {
    if (status != FERRY_OK) throw Error(status, "the host refused the result");
}

} // namespace detail

// A table for FERRY_PLUGIN, without list_tags and search; a backend that has them fills these members in its own copy.
template <class T> constexpr ferry_registry_v1 registry() noexcept {
    ferry_registry_v1 table{};
    table.struct_size = sizeof table;
    table.claims = [](const ferry_config *config, ferry_str host) noexcept -> std::int32_t {
        std::int32_t claim = 0;
        firewall(nullptr, [&] { claim = T::claims(Config(config), view(host)); });
        return claim;
    };
    table.create = [](const ferry_config *config, ferry_http http, ferry_registry **out,
                      ferry_error *error) noexcept -> ferry_status {
        return firewall(error, [&] {
            Registry *made = new T(Config(config), http);
            *out = reinterpret_cast<ferry_registry *>(made);
        });
    };
    table.destroy = [](ferry_registry *self) noexcept { delete detail::of(self); };
    table.normalize = [](ferry_registry *self, const ferry_reference *typed, const ferry_registry_out *out,
                         ferry_error *error) noexcept -> ferry_status {
        return firewall(error, [&] {
            for (const Reference &r : detail::of(self)->normalize(Reference::of(*typed))) {
                const ferry_reference raw_reference = {sizeof(ferry_reference),
                                                       r.default_host ? FERRY_REFERENCE_DEFAULT_HOST : 0,
                                                       raw(r.registry), raw(r.repository), raw(r.tag), raw(r.digest)};
                detail::pushed(out->reference(out, &raw_reference));
            }
        });
    };
    table.endpoints = [](ferry_registry *self, const ferry_reference *reference, const ferry_registry_out *out,
                         ferry_error *error) noexcept -> ferry_status {
        return firewall(error, [&] {
            for (const Endpoint &e : detail::of(self)->endpoints(Reference::of(*reference))) {
                const ferry_endpoint raw_endpoint = {sizeof(ferry_endpoint),
                                                     (e.mirror ? FERRY_ENDPOINT_MIRROR : 0) |
                                                         (e.plain_http ? FERRY_ENDPOINT_PLAIN_HTTP : 0),
                                                     raw(e.base_url), raw(e.repository)};
                detail::pushed(out->endpoint(out, &raw_endpoint));
            }
        });
    };
    table.authorize = [](ferry_registry *self, const ferry_op *op, const ferry_challenge *challenge,
                         const ferry_registry_out *out, ferry_error *error) noexcept -> ferry_status {
        return firewall(error, [&] {
            const Credential c = detail::of(self)->authorize(Op(op), Challenge::of(*challenge));
            detail::pushed(out->credential(out, {raw(c.name), raw(c.value)}, c.lifetime_ms));
        });
    };
    table.explain = [](ferry_registry *self, const ferry_refusal *refusal, const ferry_registry_out *out,
                       ferry_error *error) noexcept -> ferry_status {
        return firewall(error, [&] {
            if (const auto advice = detail::of(self)->explain(Refusal::of(*refusal)))
                detail::pushed(out->advice(out, advice->meaning, raw(advice->what), raw(advice->remedy)));
        });
    };
    return table;
}

} // namespace ferry

#endif
