// A registry backend at work: the C interface as C++ calls.
#pragma once

#include "core/http/client.h"
#include "core/image/reference.h"
#include "core/plugin/catalog.h"

#include <ferry/registry.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferry::core {

class Backend {
public:
    // `client` and `words` (null: English) must outlive the backend. Throws Error(plugin).
    Backend(const ferry_plugin &plugin, std::map<std::string, std::string> options, Client &client,
            const Translator *words = nullptr);
    ~Backend();
    Backend(const Backend &) = delete;
    Backend &operator=(const Backend &) = delete;

    std::string id() const { return plugin_.id; }
    // The references that the user can have meant, most likely first.
    std::vector<Reference> normalize(const Reference &typed) const;
    std::vector<ferry::Endpoint> endpoints(const Reference &reference) const;
    ferry::Credential authorize(const Operation &operation, const ferry::Challenge &challenge) const;
    std::optional<ferry::Advice> explain(const ferry::Refusal &refusal) const;
    // Nothing where the backend leaves it to the host. `registry` as Reference::registry; `login` is handed to the
    // registry's own API. Of tags there is one more than `limit` when there are more.
    struct Login {
        std::string username;
        std::string secret;
    };
    std::optional<std::vector<ferry::Tag>> list_tags(const Operation &operation, const Reference &reference,
                                                     const Login &login, std::size_t limit) const;
    std::optional<std::vector<ferry::SearchHit>> search(const Operation &operation,
                                                        const kit::RegistryAddress &registry, const std::string &query,
                                                        std::uint32_t limit, const Login &login) const;

private:
    const ferry_plugin &plugin_;
    const ferry_registry_v1 *table_;
    Options options_;
    PluginTexts texts_;
    ferry_registry *registry_ = nullptr;
};

} // namespace ferry::core
