#include "core/registry/access.h"

#include "core/base/url.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace ferry::core {

namespace {

std::string without_scheme(const std::string &registry) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (registry.rfind(scheme, 0) == 0) return registry.substr(scheme.size());
    return registry;
}

bool exists(const Catalog &catalog, const std::string &id) {
    const auto &all = catalog.entries();
    return std::any_of(all.begin(), all.end(), [&](const CatalogEntry &entry) { return entry.manifest.id == id; });
}

// `text` with the whole word `from` as `to`.
std::string renamed(std::string text, const std::string &from, const std::string &to) {
    const auto inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; };
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + 1)) {
        const auto end = at + from.size();
        if ((at && inside(text[at - 1])) || (end < text.size() && inside(text[end]))) continue;
        text.replace(at, from.size(), to);
        at += to.size() - 1;
    }
    return text;
}

} // namespace

std::map<std::string, std::string> own_options(const AccessRequest &request, const std::string &id) {
    std::map<std::string, std::string> own;
    if (const auto said = request.plugin_options.find(id); said != request.plugin_options.end()) own = said->second;
    if (const auto usual = request.usual_options.find(id); usual != request.usual_options.end())
        own.insert(usual->second.begin(), usual->second.end());
    return own;
}

std::vector<std::string> mirror_places(const std::vector<std::string> &mirrors, const Reference &typed,
                                       const Reference &reference) {
    std::vector<std::string> places;
    for (const std::string &mirror : mirrors) {
        const auto equals = mirror.find('=');
        const std::string registry = equals == mirror.npos ? "" : without_scheme(mirror.substr(0, equals));
        if (equals != mirror.npos && registry != without_scheme(reference.registry) &&
            registry != without_scheme(typed.registry))
            continue;
        std::string place = equals == mirror.npos ? mirror : mirror.substr(equals + 1);
        if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(std::move(place));
    }
    return places;
}

Access::Access(const AccessRequest &request, const Catalog &catalog, const std::vector<Reference> &references)
    : request_(request), catalog_(catalog) {
    check_login(references);
    for (const Reference &reference : references) registries_.insert(reference.registry);
    for (const std::string &mirror : request_.mirrors) { // a mistake shows before the first request
        const auto equals = mirror.find('=');
        mirror_endpoint(equals == mirror.npos ? mirror : mirror.substr(equals + 1), "any");
        try {
            if (equals != mirror.npos) parse_reference("any", mirror.substr(0, equals));
        } catch (const Error &) {
            throw Error(Kind::usage,
                        say("'{}' is not a mirror: '{}' is not a registry", redact_url(mirror),
                            redact_url(mirror.substr(0, equals))),
                        say("a mirror is written [REGISTRY=][http://]host[:port][/prefix]"));
        }
    }
    const auto set = [&](const char *key) {
        const auto it = request_.shared_options.find(key);
        return it != request_.shared_options.end() && !it->second.empty();
    };
    std::vector<std::string> transports = request_.transports;
    std::string why = "as asked for";
    if (transports.empty()) {
        why = "no proxy is set";
        transports = {"direct"};
        for (const char *key : {"registry_proxy", "https_proxy", "http_proxy", "all_proxy"})
            if (set(key)) {
                why = std::string(key) + " is set";
                transports = {"proxy"};
                break;
            }
    }
    const auto knows_rate = [&](const std::string &id) {
        return declares_option(catalog_.load(catalog_.find(id, FERRY_TRANSPORT_V1)), "limit_rate");
    };
    if (set("limit_rate") && std::none_of(transports.begin(), transports.end(), knows_rate))
        transports.insert(transports.begin(), "throttle");
    for (const std::string &id : transports) route_ += (route_.empty() ? "transport: " : ",") + id;
    route_ += " (" + why + ")";
    std::vector<Chain::Link> links;
    for (const std::string &id : transports) {
        const ferry_plugin &plugin = catalog_.load(catalog_.find(id, FERRY_TRANSPORT_V1));
        links.push_back({&plugin, plugin_options(plugin, request_.shared_options, own_options(request_, id))});
    }
    const ferry_plugin &bottom = *links.back().plugin;
    used_.insert(transports.begin(), transports.end());
    try {
        chain_ = std::make_unique<Chain>(std::move(links), request_.words);
    } catch (Error &e) {
        std::string message = e.message.in(request_.words);
        for (const auto &[key, said] : request_.option_names) message = renamed(std::move(message), key, said);
        e.message = Text::verbatim(std::move(message));
        throw;
    }
    // What the user said about TLS must reach the one that does TLS.
    for (const char *key :
         {"ca_cert", "client_cert", "client_key", "certs_dir", "min_tls", "insecure", "insecure_hosts"})
        if (const auto it = request_.shared_options.find(key);
            it != request_.shared_options.end() && !it->second.empty() && !declares_option(bottom, key))
            throw Error(Kind::usage, say("the transport {} does not know {}", bottom.id, key));
    ClientRules rules = request_.client;
    rules.redirects.insecure = request_.insecure;
    client_ = std::make_unique<Client>(chain_->http(), std::move(rules));

    for (const auto &[id, options] : request_.plugin_options)
        if (!exists(catalog_, id))
            throw Error(Kind::usage, say("an option is given for the plugin '{}', which does not exist", id),
                        say("`ferry plugins list` shows those that there are"));
}

void Access::warn_of_options(Log &log, const std::string &packer) {
    for (const auto &[id, options] : request_.usual_options)
        if (!exists(catalog_, id))
            log.warning(
                say("the settings file has options for the plugin '{}', which does not exist; `ferry plugins list` "
                    "shows those that there are",
                    id));
    if (request_.plugin_options.empty()) return;
    std::set<std::string> used = used_;
    used.insert(packer);
    for (const std::string &registry : registries_) {
        try {
            used.insert(backend_for(registry, log).id());
        } catch (const Error &) { // told where this registry is asked
        }
    }
    for (const auto &[id, options] : request_.plugin_options)
        if (!used.count(id))
            log.warning(
                say("--opt {}.{} has no effect: the plugin {} is not used here", id, options.begin()->first, id));
}

void Access::check_login(const std::vector<Reference> &references) {
    if (request_.credentials.username.empty() || references.empty()) return;
    const auto default_host =
        std::find_if(references.begin(), references.end(), [](const Reference &r) { return r.default_host; });
    login_registry_ = (default_host == references.end() ? references.front() : *default_host).registry;
    for (const Reference &reference : references)
        if (default_host == references.end() && reference.registry != login_registry_)
            throw Error(Kind::usage,
                        say("-u names a user of one registry, and these images come from {} and {}", login_registry_,
                            reference.registry),
                        say("pull them one by one, or name the registry of the login with -r"));
}

Credentials Access::credentials_for(const std::string &registry) {
    if (registry == login_registry_) return request_.credentials;
    if (!request_.login) return {};
    const std::string host = without_scheme(registry);
    const auto known = logins_.find(host);
    return known != logins_.end() ? known->second : logins_.emplace(host, request_.login(host)).first->second;
}

const Backend &Access::backend_for(const std::string &registry, Log &log) {
    if (!route_.empty()) log.debug(std::exchange(route_, {}));
    const auto options = [this](const ferry_plugin &plugin) {
        return plugin_options(plugin, request_.shared_options, own_options(request_, plugin.id));
    };
    const ferry_plugin &plugin = choose_backend(catalog_, request_.backend, without_scheme(registry), options, log);
    auto &backend = backends_[plugin.id];
    if (!backend) backend = std::make_unique<Backend>(plugin, options(plugin), *client_, log.words());
    return *backend;
}

std::shared_ptr<Repository> Access::repository(const Reference &typed, const Reference &meant, Log &log) {
    Mirrors mirrors;
    // A mirror holds repositories of several registries: its own catalog says nothing of this one's.
    if (!meant.repository.empty()) mirrors.places = mirror_places(request_.mirrors, typed, meant);
    mirrors.login = [this](const std::string &host) {
        return host == without_scheme(login_registry_) ? Credentials{} : credentials_for(host);
    };
    mirrors.health = health_;
    return std::make_shared<Repository>(backend_for(typed.registry, log), *client_, meant,
                                        credentials_for(typed.registry), request_.insecure, std::move(mirrors));
}

} // namespace ferry::core
