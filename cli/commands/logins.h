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

    // What cannot be used, in sentences that name the file and no secret: of single registries, and of the file.
    std::map<std::string, std::string> broken;
    std::vector<std::string> faults;

    bool empty() const { return auths.empty() && helpers.empty() && store.empty() && broken.empty(); }
};

// Reads the text of such a file, which `path` names. Never fails: these files belong to other programs, and what is
// wrong with them must not stop a pull that needs no login. A text of blanks alone holds nothing, as for docker.
Logins parse_logins(std::string_view text, const std::string &path);

// $DOCKER_CONFIG/config.json or ~/.docker/config.json, then podman's auth.json, most important first. Files that are
// not there hold nothing; those that cannot be read become a fault.
std::vector<Logins> read_logins();

// The login in `auths`, or an empty one.
core::Credentials find_login(const Logins &logins, const std::string &registry);

// Asks the credential helper NAME for the login at `server`: nothing where it has none. Throws core::Error(access) when
// it is not installed or fails.
using AskHelper = std::function<std::optional<core::Credentials>(const std::string &name, const std::string &server)>;

// All logins of the user: for each file in turn the registry's helper, then the store, then `auths`. What it finds is
// hidden from the log. Whatever cannot be used is a warning: of a file at once, of a helper or an entry when its
// registry is asked for. [one-thread]
class Keychain {
public:
    Keychain(std::vector<Logins> files, AskHelper ask, core::Log &log);
    core::Credentials find(const std::string &registry);
    // What was warned of: to be said once more where a registry then refuses access. Empty: nothing.
    std::string unusable() const;

private:
    void warn(const std::string &sentence);

    std::vector<Logins> files_;
    AskHelper ask_;
    core::Log &log_;
    std::vector<std::string> warned_;
};

} // namespace ferry::cli
