// The way to registries, for every command: puts transports, the client, backends, logins and mirrors together.
#pragma once

#include "core/http/chain.h"
#include "core/registry/access_request.h"
#include "core/registry/backends.h"
#include "core/registry/repository.h"

#include <ferry/text.hpp>

#include <set>

namespace ferry::core {

// The registry whose user `credentials` names: that of names without a host where one of `references` is such a name,
// else the one that all of them name; without a host where there is no user. Throws Error(usage) where they name
// several. Pure.
kit::RegistryAddress login_registry(const Credentials &credentials, const std::vector<Reference> &references);

// [one-thread]
class Access {
public:
    // Loads the transports. `request` and `catalog` must outlive it. `references` are those that the user named: the
    // login of the request belongs to the registry of one of them. Throws Error.
    Access(const AccessRequest &request, const Catalog &catalog, const std::vector<Reference> &references);

    // Warns of options for plugins that this command does not use (`packer` is the one that it uses, if any), and of
    // those in the settings file for plugins that do not exist.
    void warn_of_options(Log &log, const std::string &packer = {});

    const Backend &backend_for(const kit::RegistryAddress &registry, Log &log);
    std::shared_ptr<Repository> repository(const Reference &typed, const Reference &meant, Log &log);
    Credentials credentials_for(const kit::RegistryAddress &registry);

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
    Credentials stored_login(const std::string &host); // host[:port]
    void open_chain();
    void check_plugin_options() const;

    const AccessRequest &request_;
    const Catalog &catalog_;
    const kit::RegistryAddress login_registry_; // whose user the request names
    std::set<std::string> registries_;          // of the references: host[:port]
    std::set<std::string> used_;                // ids of transports
    std::string route_;                         // which transports were chosen and why, until it is logged
    std::vector<Mirror> mirrors_;
    std::map<std::string, Credentials> logins_;
    std::shared_ptr<Health> health_ = std::make_shared<Health>();
    std::unique_ptr<Chain> chain_;
    std::unique_ptr<Client> client_;
    std::unique_ptr<Backends> backends_;
};

} // namespace ferry::core
