// Logins that `docker login` and `podman login` keep: config.json and auth.json, and the helpers that they name.
#pragma once

#include "core/base/log.h"
#include "core/registry/mirrors.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::cli {

// What one file holds. Keys are host[:port]; Docker Hub's many names are one, "docker.io".
struct Logins {
    std::map<std::string, core::Credentials> auths;
    std::map<std::string, std::string> helpers; // credHelpers: the helper of one registry
    std::string store;                          // credsStore: the helper of all others

    bool empty() const { return auths.empty() && helpers.empty() && store.empty(); }
};

// Reads the text of such a file; `path` names it in errors. Throws core::Error(usage).
Logins parse_logins(std::string_view text, const std::string &path);

// $DOCKER_CONFIG/config.json or ~/.docker/config.json, then podman's auth.json, most important first. Files that are
// not there hold nothing. Throws core::Error(usage).
std::vector<Logins> read_logins();

// The login in `auths`, or an empty one.
core::Credentials find_login(const Logins &logins, const std::string &registry);

// Asks the credential helper NAME for the login at `server`: nothing where it has none or is not installed, which the
// log then says. Throws core::Error(access) when it fails otherwise.
using AskHelper =
    std::function<std::optional<core::Credentials>(const std::string &name, const std::string &server, core::Log &log)>;

// All logins of the user: for each file in turn the registry's helper, then the store, then `auths`. What it finds is
// hidden from the log. [one-thread]
class Keychain {
public:
    Keychain(std::vector<Logins> files, AskHelper ask, core::Log &log);
    core::Credentials find(const std::string &registry) const;

private:
    std::vector<Logins> files_;
    AskHelper ask_;
    core::Log &log_;
};

} // namespace ferry::cli
