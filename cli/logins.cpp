#include "cli/logins.h"

#include "cli/settings.h"
#include "core/base/error.h"
#include "core/base/json.h"

#include <Poco/Base64Decoder.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace ferry::cli {

namespace {

// A key may be a URL with a path, as old docker clients wrote them.
std::string host_of(std::string key) {
    if (const auto mark = key.find("://"); mark != key.npos) key.erase(0, mark + 3);
    key.resize(std::min(key.find('/'), key.size()));
    for (const char *hub : {"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "www.docker.io"})
        if (key == hub) return "docker.io";
    return key;
}

std::string decoded(const std::string &base64, const std::string &path) {
    std::istringstream in(base64);
    Poco::Base64Decoder decoder(in);
    try {
        decoder.exceptions(std::ios::badbit);
        std::string text(std::istreambuf_iterator<char>(decoder), {});
        while (!text.empty() && text.back() == '\0') text.pop_back();
        return text;
    } catch (const std::exception &) {
        throw core::Error(core::Kind::usage, path + " holds a login that is not base64",
                          "log in again with docker login");
    }
}

void read_file(const std::string &path, Logins &logins) {
    std::ifstream file(path);
    if (!file) return;
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (auto &[host, login] : parse_logins(text, path)) logins.emplace(host, login);
}

} // namespace

Logins parse_logins(std::string_view text, const std::string &path) {
    Logins logins;
    try {
        const auto auths = core::Json::parse(text, path).find("auths");
        if (!auths) return logins;
        for (const std::string &key : auths->keys()) {
            const core::Json entry = auths->at(key);
            core::Credentials login{entry.string("username"), entry.string("password"), entry.string("identitytoken")};
            if (const std::string auth = entry.string("auth"); !auth.empty()) {
                const std::string pair = decoded(auth, path);
                const auto colon = pair.find(':'); // a password may hold more of them
                if (colon == pair.npos)
                    throw core::Error(core::Kind::usage,
                                      path + " holds a login for " + key + " that is not user:password",
                                      "log in again with docker login");
                login.username = pair.substr(0, colon);
                login.secret = pair.substr(colon + 1);
            }
            if (!login.username.empty() || !login.identity_token.empty()) logins.emplace(host_of(key), login);
        }
    } catch (const core::Error &e) {
        throw core::Error(core::Kind::usage, e.message, e.remedy);
    }
    return logins;
}

Logins read_logins() {
    Logins logins;
    const std::string docker = variable("DOCKER_CONFIG"), home = variable("HOME");
    if (!docker.empty())
        read_file(docker + "/config.json", logins);
    else if (!home.empty())
        read_file(home + "/.docker/config.json", logins);
    if (const std::string given = variable("REGISTRY_AUTH_FILE"); !given.empty()) read_file(given, logins);
    if (const std::string runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty())
        read_file(runtime + "/containers/auth.json", logins);
    return logins;
}

core::Credentials find_login(const Logins &logins, const std::string &registry) {
    const auto found = logins.find(host_of(registry));
    return found == logins.end() ? core::Credentials{} : found->second;
}

} // namespace ferry::cli
