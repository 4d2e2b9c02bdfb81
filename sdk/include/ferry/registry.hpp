// ferry/registry.hpp: a registry backend as a C++ class.
#ifndef FERRY_REGISTRY_HPP
#define FERRY_REGISTRY_HPP

#include <ferry/transport.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace ferry {

struct Reference {
    std::string registry; // host[:port]
    std::string repository;
    std::string tag;
    std::string digest;
    bool default_host = false; // see FERRY_REFERENCE_DEFAULT_HOST
    bool plain_http = false;   // see FERRY_REFERENCE_PLAIN_HTTP

    static Reference of(const ferry_reference &from) {
        return {str(from.registry),
                str(from.repository),
                str(from.tag),
                str(from.digest),
                (from.flags & FERRY_REFERENCE_DEFAULT_HOST) != 0,
                (from.flags & FERRY_REFERENCE_PLAIN_HTTP) != 0};
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
        Challenge to{str(from.endpoint),      {}, str(from.scope), str(from.username), str(from.secret),
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
        Refusal to{from.http_status,          str(from.endpoint), str(from.repository), str(from.body), {},
                   from.with_credentials != 0};
        for (std::size_t i = 0; i < from.header_count; ++i)
            to.headers.emplace_back(str(from.headers[i].name), str(from.headers[i].value));
        return to;
    }
};

struct Advice {
    ferry_status meaning = FERRY_E_INTERNAL;
    Text what;
    Text remedy;
};

struct SearchHit {
    std::string name;
    std::string description;
    std::int64_t stars = -1;
    std::int64_t pulls = -1;
    bool official = false;
};

// See ferry_tag.
struct Tag {
    std::string name;
    std::string digest;
    std::string platforms;
    std::int64_t size = -1;
    std::int64_t updated = 0;
};

// Where list_tags and search put what they find. Throws ferry::Error when the host wants no more.
class Listing {
public:
    explicit Listing(const ferry_registry_out *out) noexcept : out_(out) {}

    void tag(const Tag &tag) const {
        if (!FERRY_HAS(out_, tag_details) || !out_->tag_details) return pushed(out_->tag(out_, raw(tag.name)));
        const ferry_tag raw_tag = {sizeof(ferry_tag),  0,        raw(tag.name), raw(tag.digest),
                                   raw(tag.platforms), tag.size, tag.updated};
        pushed(out_->tag_details(out_, &raw_tag));
    }
    void hit(const SearchHit &hit) const {
        const ferry_search_hit raw_hit = {sizeof(ferry_search_hit),
                                          hit.official ? FERRY_HIT_OFFICIAL : 0,
                                          raw(hit.name),
                                          raw(hit.description),
                                          hit.stars,
                                          hit.pulls};
        pushed(out_->hit(out_, &raw_hit));
    }
    // User name and secret; both empty when there are none.
    std::pair<std::string, std::string> login() const {
        ferry_str username{}, secret{};
        if (FERRY_HAS(out_, login) && out_->login) pushed(out_->login(out_, &username, &secret));
        return {str(username), str(secret)};
    }

private:
    static void pushed(ferry_status status) {
        if (status != FERRY_OK) throw Error(status, "the host refused the result");
    }
    const ferry_registry_out *out_;
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
    // A backend that overrides these two has them in its table; see registry.h.
    virtual void list_tags(const Op &, const Reference &, const Credential &, const Listing &) {
        throw Error(FERRY_E_UNSUPPORTED, say("this backend lists no tags"));
    }
    virtual void search(const Op &, const std::string & /*host*/, const std::string & /*query*/,
                        std::uint32_t /*limit*/, const Listing &) {
        throw Error(FERRY_E_UNSUPPORTED, say("this backend has no search"));
    }
};

namespace detail {

inline Registry *of(ferry_registry *registry) noexcept {
    return reinterpret_cast<Registry *>(registry);
}

inline void pushed(ferry_status status) {
    if (status != FERRY_OK) throw Error(status, "the host refused the result");
}

} // namespace detail

// A table for FERRY_PLUGIN. list_tags and search are NULL where T does not override them.
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
                                                       (r.default_host ? FERRY_REFERENCE_DEFAULT_HOST : 0) |
                                                           (r.plain_http ? FERRY_REFERENCE_PLAIN_HTTP : 0),
                                                       raw(r.registry),
                                                       raw(r.repository),
                                                       raw(r.tag),
                                                       raw(r.digest)};
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
            if (const auto advice = detail::of(self)->explain(Refusal::of(*refusal))) {
                const HostTexts words(texts_of(error));
                const std::string what = advice->what.in(words), remedy = advice->remedy.in(words);
                detail::pushed(out->advice(out, advice->meaning, raw(what), raw(remedy)));
            }
        });
    };
    if constexpr (!std::is_same_v<decltype(&T::list_tags), decltype(&Registry::list_tags)>)
        table.list_tags = [](ferry_registry *self, const ferry_op *op, const ferry_reference *reference,
                             ferry_header authorization, const ferry_registry_out *out,
                             ferry_error *error) noexcept -> ferry_status {
            return firewall(error, [&] {
                detail::of(self)->list_tags(Op(op), Reference::of(*reference),
                                            {str(authorization.name), str(authorization.value), 0}, Listing(out));
            });
        };
    if constexpr (!std::is_same_v<decltype(&T::search), decltype(&Registry::search)>)
        table.search = [](ferry_registry *self, const ferry_op *op, ferry_str host, ferry_str query,
                          std::uint32_t limit, const ferry_registry_out *out,
                          ferry_error *error) noexcept -> ferry_status {
            return firewall(error,
                            [&] { detail::of(self)->search(Op(op), str(host), str(query), limit, Listing(out)); });
        };
    return table;
}

} // namespace ferry

#endif
