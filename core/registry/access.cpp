#include "core/registry/access.h"

#include "core/registry/transports.h"

#include <algorithm>
#include <utility>

namespace ferry::core {

namespace {

bool exists(const Catalog &catalog, const std::string &id) {
    const auto &all = catalog.entries();
    return std::any_of(all.begin(), all.end(), [&](const CatalogEntry &entry) { return entry.manifest.id == id; });
}

} // namespace

PluginOptions own_options(const AccessRequest &request, const std::string &id) {
    PluginOptions own;
    if (const auto said = request.plugin_options.find(id); said != request.plugin_options.end()) own = said->second;
    if (const auto usual = request.usual_options.find(id); usual != request.usual_options.end())
        own.insert(usual->second.begin(), usual->second.end());
    return own;
}

kit::RegistryAddress login_registry(const Credentials &credentials, const std::vector<Reference> &references) {
    if (credentials.username.empty() || references.empty()) return {};
    const auto default_host =
        std::find_if(references.begin(), references.end(), [](const Reference &r) { return r.default_host; });
    if (default_host != references.end()) return default_host->registry;
    const kit::RegistryAddress &registry = references.front().registry;
    for (const Reference &reference : references)
        if (!reference.registry.same_registry(registry))
            throw Error(Kind::usage,
                        say("-u names a user of one registry, and these images come from {} and {}", registry.typed(),
                            reference.registry.typed()),
                        say("pull them one by one, or name the registry of the login with -r"));
    return registry;
}

Access::Access(const AccessRequest &request, const Catalog &catalog, const std::vector<Reference> &references)
    : request_(request), catalog_(catalog), login_registry_(login_registry(request.credentials, references)) {
    for (const Reference &reference : references) registries_.insert(reference.registry.str());
    for (const std::string &mirror : request_.mirrors) mirrors_.push_back(parse_mirror(mirror));
    open_chain();
    ClientRules rules = request_.client;
    rules.redirects.insecure = request_.insecure;
    client_ = std::make_unique<Client>(chain_->http(), std::move(rules));
    const auto options = [this](const ferry_plugin &plugin) {
        return plugin_options(plugin, request_.shared_options, own_options(request_, plugin.id));
    };
    backends_ = std::make_unique<Backends>(Backends::plugins_of(catalog_), request_.backend, options, *client_);
    check_plugin_options();
}

void Access::open_chain() {
    const auto plugin_of = [&](const std::string &id) -> const ferry_plugin & {
        return catalog_.load(catalog_.find(id, FERRY_TRANSPORT_V1));
    };
    const TransportChoice choice = choose_transports(
        request_, [&](const std::string &id) { return declares_option(plugin_of(id), "limit_rate"); });
    route_ = choice.str();
    used_.insert(choice.ids.begin(), choice.ids.end());
    std::vector<Chain::Link> links;
    for (const std::string &id : choice.ids) {
        const ferry_plugin &plugin = plugin_of(id);
        links.push_back({&plugin, plugin_options(plugin, request_.shared_options, own_options(request_, id))});
    }
    try {
        chain_ = std::make_unique<Chain>(std::move(links), request_.words);
    } catch (Error &e) {
        e.message = in_users_words(e.message.in(request_.words), request_.option_names);
        throw;
    }
    const ferry_plugin &bottom = plugin_of(choice.ids.back());
    check_tls_options(request_, bottom.id, [&](const std::string &key) { return declares_option(bottom, key); });
}

void Access::check_plugin_options() const {
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
            used.insert(backends_->of(registry, log).id());
        } catch (const Error &) { // told where this registry is asked
        }
    }
    for (const auto &[id, options] : request_.plugin_options)
        if (!used.count(id))
            log.warning(
                say("--opt {}.{} has no effect: the plugin {} is not used here", id, options.begin()->first, id));
}

Credentials Access::credentials_for(const kit::RegistryAddress &registry) {
    return registry.same_registry(login_registry_) ? request_.credentials : stored_login(registry.str());
}

Credentials Access::stored_login(const std::string &host) {
    if (!request_.login) return {};
    const auto known = logins_.find(host);
    return known != logins_.end() ? known->second : logins_.emplace(host, request_.login(host)).first->second;
}

const Backend &Access::backend_for(const kit::RegistryAddress &registry, Log &log) {
    if (!route_.empty()) log.debug(std::exchange(route_, {}));
    return backends_->of(registry.str(), log);
}

std::shared_ptr<Repository> Access::repository(const Reference &typed, const Reference &meant, Log &log) {
    Mirrors mirrors;
    // A mirror holds repositories of several registries: its own catalog says nothing of this one's.
    if (!meant.repository.empty()) mirrors.places = mirror_places(mirrors_, typed, meant);
    mirrors.login = [this](const std::string &host) {
        return host == login_registry_.str() ? Credentials{} : stored_login(host);
    };
    mirrors.health = health_;
    return std::make_shared<Repository>(backend_for(typed.registry, log), *client_, meant,
                                        credentials_for(typed.registry), request_.insecure, std::move(mirrors));
}

} // namespace ferry::core
