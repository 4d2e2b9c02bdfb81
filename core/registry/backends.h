// The registry backends of one command: which of them serves a host, chosen once for each host, and each made once.
#pragma once

#include "core/registry/backend.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ferry::core {

// [one-thread]
class Backends {
public:
    // The registry plugins that there are.
    struct Plugins {
        std::function<std::vector<std::string>()> ids;                   // in the order found
        std::function<const ferry_plugin &(const std::string &id)> load; // throws Error
    };
    static Plugins plugins_of(const Catalog &catalog); // which must outlive them

    using OptionsOf = std::function<std::map<std::string, std::string>(const ferry_plugin &)>;
    // `wanted` is the id of the only one to use, or "auto". `client` must outlive the backends.
    Backends(Plugins plugins, std::string wanted, OptionsOf options, Client &client);

    // The backend of the plugin that claims `host` (host[:port]) with the highest number. A plugin that cannot be
    // loaded is passed over with a warning, unless it is wanted. Throws Error: plugin where none claims the host,
    // usage where the user gave a plugin an option that it does not have.
    const Backend &of(const std::string &host, Log &log);

private:
    const ferry_plugin &choose(const std::string &host, Log &log) const;

    const Plugins plugins_;
    const std::string wanted_;
    const OptionsOf options_;
    Client &client_;
    std::map<std::string, const Backend *> by_host_;
    std::map<std::string, std::unique_ptr<Backend>> by_plugin_; // by id
};

} // namespace ferry::core
