// What inspect, tags and search share: they ask a registry and print what it answers.
#pragma once

#include "cli/line/values.h"
#include "core/registry/access.h"

#include <functional>
#include <string>
#include <vector>

namespace ferry::cli {

struct RegistryQuery {
    core::AccessRequest access;
    std::string name; // an image, or what to search for
    bool json = false;
    bool debug = false;
    std::vector<std::string> plugin_dirs;
};

// The options of such a command: its own, then those of all that talk to registries.
std::vector<Group> query_groups(std::vector<Option> own);
Option limit_option(const char *fallback);

// `operand` has the name. All but the credentials. Throws core::Error(usage).
RegistryQuery registry_query(const Values &values, const std::string &operand);
// Throws core::Error(usage) where no image is named.
void need_image(const RegistryQuery &query, const std::string &command);

// Asks for the password if there is one to ask for, then calls `ask` with what it needs to ask registries for
// `reference`. A first signal (SIGINT...) stops it. Throws core::Error, without secrets.
void run_query(RegistryQuery query, const Values &values, const core::Reference &reference,
               const std::function<void(const core::Operation &, core::Access &)> &ask);

// Says that a list was cut after `shown` of its items.
void say_cut(bool cut, std::size_t shown);

} // namespace ferry::cli
