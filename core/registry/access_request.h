// What the user said about how registries are to be reached.
#pragma once

#include "core/http/client.h"
#include "core/http/insecure.h"
#include "core/registry/credentials.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ferry::core {

using PluginOptions = std::map<std::string, std::string>; // key -> value

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
    PluginOptions shared_options;
    std::map<std::string, PluginOptions> plugin_options;
    // The same from the settings file, which serves all commands: for plugins that are not there they are a warning.
    std::map<std::string, PluginOptions> usual_options;
    const Translator *words = nullptr; // for what transports say while they are made; null: English
    // How the user gave a shared option, for messages: "http_proxy" -> "--proxy".
    std::map<std::string, std::string> option_names;
};

// The options of one plugin in the request.
PluginOptions own_options(const AccessRequest &request, const std::string &id);

} // namespace ferry::core
