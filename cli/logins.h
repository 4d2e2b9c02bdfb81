// Logins that `docker login` and `podman login` keep: the "auths" of config.json and auth.json.
#pragma once

#include "core/registry/repository.h"

#include <map>
#include <string>
#include <string_view>

namespace ferry::cli {

// By host[:port]; Docker Hub's many names are one, "docker.io".
using Logins = std::map<std::string, core::Credentials>;

// Reads the text of such a file; `path` names it in errors. Throws core::Error(usage).
Logins parse_logins(std::string_view text, const std::string &path);

// $DOCKER_CONFIG/config.json or ~/.docker/config.json, then podman's auth.json; the first of a host wins. Files that
// are not there hold nothing.
Logins read_logins();

// The login for a registry, or an empty one.
core::Credentials find_login(const Logins &logins, const std::string &registry);

} // namespace ferry::cli
