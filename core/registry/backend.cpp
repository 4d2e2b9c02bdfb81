#include "core/registry/backend.h"

#include "core/registry/list_limits.h"

#include <ferry/text.hpp>

namespace ferry::core {

namespace {

// Collects what a backend pushes. The functions that a call does not serve stay NULL.
struct Collector {
    ferry_registry_out out{};
    std::vector<ferry::Reference> references;
    std::vector<ferry::Endpoint> endpoints;
    std::optional<ferry::Credential> credential;
    std::optional<ferry::Advice> advice;
    std::vector<ferry::Tag> tags;
    std::vector<ferry::SearchHit> hits;
    const Backend::Login *login = nullptr;
    std::size_t most = SIZE_MAX; // of tags or hits: what comes after is refused, which ends the list
    std::optional<ListBound> bound;
    std::optional<Error> overflow;

    Collector() {
        out.struct_size = sizeof out;
        out.host_data = this;
    }
    static Collector &of(const ferry_registry_out *out) { return *static_cast<Collector *>(out->host_data); }

    static ferry_status on_reference(const ferry_registry_out *out, const ferry_reference *reference) noexcept {
        return ferry::firewall(nullptr, [&] { of(out).references.push_back(ferry::Reference::of(*reference)); });
    }
    static ferry_status on_endpoint(const ferry_registry_out *out, const ferry_endpoint *endpoint) noexcept {
        return ferry::firewall(nullptr, [&] {
            of(out).endpoints.push_back({ferry::str(endpoint->base_url), ferry::str(endpoint->repository),
                                         (endpoint->flags & FERRY_ENDPOINT_MIRROR) != 0,
                                         (endpoint->flags & FERRY_ENDPOINT_PLAIN_HTTP) != 0});
        });
    }
    static ferry_status on_credential(const ferry_registry_out *out, ferry_header header,
                                      std::int64_t lifetime_ms) noexcept {
        return ferry::firewall(nullptr, [&] {
            of(out).credential = ferry::Credential{ferry::str(header.name), ferry::str(header.value), lifetime_ms};
        });
    }
    static ferry_status on_advice(const ferry_registry_out *out, ferry_status meaning, ferry_str what,
                                  ferry_str remedy) noexcept {
        return ferry::firewall(nullptr, [&] {
            of(out).advice = ferry::Advice{meaning, ferry::str(what), ferry::str(remedy)};
        });
    }
    // Counts what comes into a list; throws where it is long enough.
    void admit(std::size_t have, std::size_t bytes) {
        if (have >= most) throw ferry::Error(FERRY_E_CANCELLED, say("the list is long enough"));
        try {
            bound->add(bytes);
        } catch (const Error &e) {
            overflow = e;
            throw ferry::Error(FERRY_E_PROTOCOL, e.message);
        }
    }
    static ferry_status push_tag(const ferry_registry_out *out, ferry::Tag tag) noexcept {
        return ferry::firewall(nullptr, [&] {
            of(out).admit(of(out).tags.size(), tag.name.size() + tag.digest.size() + tag.platforms.size());
            of(out).tags.push_back(std::move(tag));
        });
    }
    static ferry_status on_tag(const ferry_registry_out *out, ferry_str name) noexcept {
        return push_tag(out, {ferry::str(name), {}, {}, -1, 0});
    }
    static ferry_status on_tag_details(const ferry_registry_out *out, const ferry_tag *tag) noexcept {
        return push_tag(
            out, {ferry::str(tag->name), ferry::str(tag->digest), ferry::str(tag->platforms), tag->size, tag->updated});
    }
    static ferry_status on_hit(const ferry_registry_out *out, const ferry_search_hit *hit) noexcept {
        return ferry::firewall(nullptr, [&] {
            of(out).admit(of(out).hits.size(), hit->name.size + hit->description.size);
            of(out).hits.push_back({ferry::str(hit->name), ferry::str(hit->description), hit->stars, hit->pulls,
                                    (hit->flags & FERRY_HIT_OFFICIAL) != 0});
        });
    }
    static ferry_status on_login(const ferry_registry_out *out, ferry_str *username, ferry_str *secret) noexcept {
        *username = ferry::raw(of(out).login->username);
        *secret = ferry::raw(of(out).login->secret);
        return FERRY_OK;
    }
};

// The failure of a call of the table as an Error.
void require_ok(ferry_status status, const ferry_error &error) {
    try {
        ferry::check(status, error);
    } catch (const ferry::Error &e) {
        throw Error::from(e);
    }
}

// Calls a function of the table, which takes the place for its error.
template <class Call> void call(const ferry_texts *texts, const Call &function) {
    ferry_error error = ferry::blank_error(texts);
    const ferry_status status = function(&error);
    require_ok(status, error);
}

// The same for a list that is collected in `items`; nothing where the backend leaves it to the host.
template <class Item, class Call>
std::optional<std::vector<Item>> take_list(const Collector &collector, std::vector<Item> &items,
                                           const Operation &operation, const Call &function) {
    ferry_error error = ferry::blank_error(operation.op().texts());
    const ferry_status status = function(&error);
    if (status == FERRY_E_UNSUPPORTED && items.empty()) return std::nullopt;
    if (collector.overflow) throw *collector.overflow;
    if (items.size() < collector.most) {
        if (status != FERRY_OK) operation.throw_if_cancelled();
        require_ok(status, error);
    }
    return std::move(items);
}

struct RawReference {
    explicit RawReference(const Reference &r)
        : registry(r.registry.str()), value{sizeof(ferry_reference),
                                            (r.default_host ? FERRY_REFERENCE_DEFAULT_HOST : 0u) |
                                                (r.registry.plain_http() ? FERRY_REFERENCE_PLAIN_HTTP : 0u),
                                            ferry::raw(registry),
                                            ferry::raw(r.repository),
                                            ferry::raw(r.tag),
                                            ferry::raw(r.digest)} {}
    RawReference(const RawReference &) = delete;
    RawReference &operator=(const RawReference &) = delete;

    std::string registry;
    ferry_reference value;
};

// The registry of a reference that `typed` can mean. What the user said of TLS holds for the same host only, except
// that https is never left.
kit::RegistryAddress address_of(const ferry::Reference &meant, const Reference &typed, const std::string &backend) {
    kit::UrlFault fault{};
    auto address = kit::RegistryAddress::parse(meant.registry, fault);
    if (!address) throw Error(Kind::plugin, say("the registry plugin {} makes nothing of {}", backend, typed.str()));
    if (meant.plain_http) address->scheme = "http";
    if (typed.registry.scheme == "https" || address->str() == typed.registry.str())
        address->scheme = typed.registry.scheme;
    return *std::move(address);
}

} // namespace

Backend::Backend(const ferry_plugin &plugin, std::map<std::string, std::string> options, Client &client,
                 const Translator *words)
    : plugin_(plugin), options_(std::move(options)), texts_(words) {
    // list_tags and search are optional and stand last.
    table_ = static_cast<const ferry_registry_v1 *>(
        plugin_interface(plugin, FERRY_REGISTRY_V1, offsetof(ferry_registry_v1, list_tags)));
    call(texts_.c(),
         [&](ferry_error *error) { return table_->create(options_.c(), client.as_http(), &registry_, error); });
}

Backend::~Backend() {
    table_->destroy(registry_);
}

std::vector<Reference> Backend::normalize(const Reference &typed) const {
    Collector collector;
    collector.out.reference = Collector::on_reference;
    const RawReference raw(typed);
    call(texts_.c(),
         [&](ferry_error *error) { return table_->normalize(registry_, &raw.value, &collector.out, error); });
    std::vector<Reference> references;
    for (const ferry::Reference &r : collector.references)
        references.push_back(
            {address_of(r, typed, id()), r.repository, r.tag, r.digest, typed.name, typed.default_host});
    if (references.empty())
        throw Error(Kind::plugin, say("the registry plugin {} makes nothing of {}", id(), typed.str()));
    return references;
}

std::vector<ferry::Endpoint> Backend::endpoints(const Reference &reference) const {
    Collector collector;
    collector.out.endpoint = Collector::on_endpoint;
    const RawReference raw(reference);
    call(texts_.c(),
         [&](ferry_error *error) { return table_->endpoints(registry_, &raw.value, &collector.out, error); });
    if (collector.endpoints.empty())
        throw Error(Kind::plugin, say("the registry plugin {} names no endpoint for {}", id(), reference.str()));
    return std::move(collector.endpoints);
}

ferry::Credential Backend::authorize(const Operation &operation, const ferry::Challenge &challenge) const {
    Collector collector;
    collector.out.credential = Collector::on_credential;
    std::vector<ferry_str> values;
    for (const std::string &value : challenge.authenticate) values.push_back(ferry::raw(value));
    const ferry_challenge raw = {sizeof(ferry_challenge),
                                 0,
                                 ferry::raw(challenge.endpoint),
                                 values.data(),
                                 values.size(),
                                 ferry::raw(challenge.scope),
                                 ferry::raw(challenge.username),
                                 ferry::raw(challenge.secret),
                                 ferry::raw(challenge.identity_token)};
    call(texts_.c(), [&](ferry_error *error) {
        const ferry_status status = table_->authorize(registry_, operation.c(), &raw, &collector.out, error);
        if (status != FERRY_OK) operation.throw_if_cancelled();
        return status;
    });
    if (!collector.credential)
        throw Error(Kind::plugin,
                    say("the registry plugin {} answers the challenge of {} with nothing", id(), challenge.endpoint));
    return std::move(*collector.credential);
}

std::optional<ferry::Advice> Backend::explain(const ferry::Refusal &refusal) const {
    if (!table_->explain) return std::nullopt;
    Collector collector;
    collector.out.advice = Collector::on_advice;
    std::vector<ferry_header> headers;
    for (const auto &[name, value] : refusal.headers) headers.push_back({ferry::raw(name), ferry::raw(value)});
    const ferry_refusal raw = {sizeof(ferry_refusal),
                               refusal.http_status,
                               ferry::raw(refusal.endpoint),
                               ferry::raw(refusal.repository),
                               ferry::raw(refusal.body),
                               headers.data(),
                               headers.size(),
                               refusal.with_credentials ? 1 : 0,
                               0};
    ferry_error error = ferry::blank_error(texts_.c());
    // A backend that cannot explain must not hide the refusal itself.
    if (table_->explain(registry_, &raw, &collector.out, &error) != FERRY_OK) return std::nullopt;
    return std::move(collector.advice);
}

std::optional<std::vector<ferry::Tag>> Backend::list_tags(const Operation &operation, const Reference &reference,
                                                          const Login &login, std::size_t limit) const {
    if (!FERRY_HAS(table_, list_tags) || !table_->list_tags) return std::nullopt;
    Collector collector;
    collector.out.tag = Collector::on_tag;
    collector.out.tag_details = Collector::on_tag_details;
    collector.out.login = Collector::on_login;
    collector.login = &login;
    collector.most = limit < SIZE_MAX ? limit + 1 : limit;
    collector.bound.emplace(say("the tags of {}", reference.str()));
    const RawReference raw(reference);
    return take_list(collector, collector.tags, operation, [&](ferry_error *error) {
        return table_->list_tags(registry_, operation.c(), &raw.value, ferry_header{}, &collector.out, error);
    });
}

std::optional<std::vector<ferry::SearchHit>> Backend::search(const Operation &operation,
                                                             const kit::RegistryAddress &registry,
                                                             const std::string &query, std::uint32_t limit,
                                                             const Login &login) const {
    if (!FERRY_HAS(table_, search) || !table_->search) return std::nullopt;
    Collector collector;
    const std::string host = registry.typed();
    collector.out.hit = Collector::on_hit;
    collector.out.login = Collector::on_login;
    collector.login = &login;
    collector.most = limit;
    collector.bound.emplace(say("the repositories of {}", host));
    return take_list(collector, collector.hits, operation, [&](ferry_error *error) {
        return table_->search(registry_, operation.c(), ferry::raw(host), ferry::raw(query), limit, &collector.out,
                              error);
    });
}

} // namespace ferry::core
