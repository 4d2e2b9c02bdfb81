#include "core/registry/backends.h"

#include <ferry/text.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace ferry::core {

Backends::Plugins Backends::plugins_of(const Catalog &catalog) {
    return {[&catalog] { return catalog.ids(FERRY_REGISTRY_V1); },
            [&catalog](const std::string &id) -> const ferry_plugin & {
                return catalog.load(catalog.find(id, FERRY_REGISTRY_V1));
            }};
}

Backends::Backends(Plugins plugins, std::string wanted, OptionsOf options, Client &client)
    : plugins_(std::move(plugins)), wanted_(std::move(wanted)), options_(std::move(options)), client_(client) {}

const Backend &Backends::of(const std::string &host, Log &log) {
    const Backend *&chosen = by_host_[host];
    if (chosen) return *chosen;
    const ferry_plugin &plugin = choose(host, log);
    std::unique_ptr<Backend> &backend = by_plugin_[plugin.id];
    if (!backend) backend = std::make_unique<Backend>(plugin, options_(plugin), client_, log.words());
    chosen = backend.get();
    return *chosen;
}

const ferry_plugin &Backends::choose(const std::string &host, Log &log) const {
    if (wanted_ != "auto") return plugins_.load(wanted_);
    const ferry_plugin *best = nullptr;
    std::int32_t best_claim = 0;
    for (const std::string &id : plugins_.ids()) {
        try {
            const ferry_plugin &plugin = plugins_.load(id);
            const auto *table = static_cast<const ferry_registry_v1 *>(
                plugin_interface(plugin, FERRY_REGISTRY_V1, offsetof(ferry_registry_v1, list_tags)));
            const Options given(options_(plugin));
            const std::int32_t claim = table->claims(given.c(), ferry::raw(host));
            if (claim > best_claim) {
                best_claim = claim;
                best = &plugin;
            }
        } catch (const Error &e) {
            if (e.kind() == Kind::usage) throw; // a wrong option of the user's
            log.warning(e.message);
        }
    }
    if (!best)
        throw Error(Kind::plugin, say("no registry plugin claims the host {}", host),
                    say("`ferry plugins list` shows those that there are; choose one with --backend ID"));
    return *best;
}

} // namespace ferry::core
