// The way to registries, for every command: transports, the client, backends, logins, mirrors.
#pragma once

#include "core/http/chain.h"
#include "core/registry/repository.h"

#include <ferry/text.hpp>

#include <set>

namespace ferry::core {

struct AccessRequest {
    std::string registry = "registry-1.docker.io"; // of names that carry none
    std::string backend = "auto";
    // From the top down; empty: proxy where one is set, else direct. throttle comes on top where limit_rate is set and
    // none of them knows it.
    std::vector<std::string> transports;
    // For the registry of -r, or for the one registry that all images name.
    Credentials credentials;
    // Logins kept elsewhere, by host[:port]; null: there are none. Asked once for each host.
    std::function<Credentials(const std::string &registry)> login;
    std::vector<std::string> mirrors; // asked first, in that order: [REGISTRY=][http://]host[:port][/prefix]
    Insecure insecure;
    ClientRules client;
    // Options for all plugins of a kind (ca_cert, http_proxy...), and for one: id -> key -> value.
    std::map<std::string, std::string> shared_options;
    std::map<std::string, std::map<std::string, std::string>> plugin_options;
    // The same from the settings file, which serves all commands: for plugins that are not there they are a warning.
    std::map<std::string, std::map<std::string, std::string>> usual_options;
    const Translator *words = nullptr; // for what transports say while they are made; null: English
    // How the user gave a shared option, for messages: "http_proxy" -> "--proxy".
    std::map<std::string, std::string> option_names;
};

// The options of one plugin in the request.
std::map<std::string, std::string> own_options(const AccessRequest &request, const std::string &id);

// The places that `mirrors` give for a repository of `reference`, which the user typed as `typed` (pure).
std::vector<std::string> mirror_places(const std::vector<std::string> &mirrors, const Reference &typed,
                                       const Reference &reference);

class Access {
public:
    // Loads the transports. `request` and `catalog` must outlive it. `references` are those that the user named: the
    // login of the request belongs to the registry of one of them. Throws Error.
    Access(const AccessRequest &request, const Catalog &catalog, const std::vector<Reference> &references);

    // Warns of options for plugins that this command does not use (`packer` is the one that it uses, if any), and of
    // those in the settings file for plugins that do not exist.
    void warn_of_options(Log &log, const std::string &packer = {});

    const Backend &backend_for(const std::string &registry, Log &log);
    std::shared_ptr<Repository> repository(const Reference &typed, const Reference &meant, Log &log);
    Credentials credentials_for(const std::string &registry);

    // Calls `use` with the repository of each reference that `typed` can mean, until one is known. Where all are not, a
    // refusal of access says more than that the last one is absent.
    template <class Use> auto resolve(const Operation &operation, const Reference &typed, const Use &use) {
        const std::vector<Reference> candidates = backend_for(typed.registry, operation.log()).normalize(typed);
        std::optional<Error> refused; // by a registry that may hide what does not exist
        for (std::size_t i = 0;; ++i) {
            try {
                return use(repository(typed, candidates[i], operation.log()));
            } catch (const Error &e) {
                const bool unknown = e.http_status == 401 || e.http_status == 403 || e.http_status == 404;
                if (unknown && e.kind() == Kind::access && !refused) refused = e;
                if (unknown && i + 1 < candidates.size())
                    operation.log().info(say("{}; trying {}", e.message, candidates[i + 1].str()));
                else if (unknown && refused)
                    throw *refused;
                else
                    throw;
            }
        }
    }

private:
    void check_login(const std::vector<Reference> &references);

    const AccessRequest &request_;
    const Catalog &catalog_;
    std::set<std::string> registries_; // of the references
    std::set<std::string> used_;       // ids of transports
    std::string login_registry_;       // whose user the request names
    std::string route_;                // which transports were chosen and why, until it is logged
    std::map<std::string, Credentials> logins_;
    std::shared_ptr<Health> health_ = std::make_shared<Health>();
    std::unique_ptr<Chain> chain_;
    std::unique_ptr<Client> client_;
    std::map<std::string, std::unique_ptr<Backend>> backends_; // by plugin id
};

} // namespace ferry::core
