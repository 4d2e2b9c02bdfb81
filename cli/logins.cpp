#include "cli/logins.h"

#include "cli/settings.h"
#include "core/base/error.h"
#include "core/base/json.h"

#include <ferry/text.hpp>

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
        throw core::Error(core::Kind::usage, say("{} holds a login that is not base64", path),
                          say("log in again with docker login"));
    }
}

void read_file(const std::string &path, std::vector<Logins> &files) {
    std::ifstream file(path);
    if (!file) return;
    const std::string text(std::istreambuf_iterator<char>(file), {});
    Logins logins = parse_logins(text, path);
    if (!logins.empty()) files.push_back(std::move(logins));
}

// What a key of credHelpers and auths is called when its helper is asked.
std::string server_of(const std::string &host) {
    return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

core::Credentials parse_auth(const core::Json &entry, const std::string &key, const std::string &path) {
    core::Credentials login{entry.string("username"), entry.string("password"), entry.string("identitytoken")};
    if (const std::string auth = entry.string("auth"); !auth.empty()) {
        const std::string pair = decoded(auth, path);
        const auto colon = pair.find(':'); // a password may hold more of them
        if (colon == pair.npos)
            throw core::Error(core::Kind::usage, say("{} holds a login for {} that is not user:password", path, key),
                              say("log in again with docker login"));
        login.username = pair.substr(0, colon);
        login.secret = pair.substr(colon + 1);
    }
    return login;
}

} // namespace

Logins parse_logins(std::string_view text, const std::string &path) {
    Logins logins;
    try {
        const core::Json file = core::Json::parse(text, path);
        logins.store = file.string("credsStore");
        if (const auto helpers = file.find("credHelpers"))
            for (const auto &[key, helper] : helpers->entries()) logins.helpers.emplace(host_of(key), helper.string());
        const auto auths = file.find("auths");
        if (!auths) return logins;
        // podman may name a part of a registry, as in quay.io/team: that serves where the registry has no login.
        for (const bool part : {false, true})
            for (const auto &[key, entry] : auths->entries()) {
                if (part != (key.find("://") == key.npos && key.find('/') != key.npos)) continue;
                const core::Credentials login = parse_auth(entry, key, path);
                if (!login.username.empty() || !login.identity_token.empty()) logins.auths.emplace(host_of(key), login);
            }
    } catch (const core::Error &e) {
        throw core::Error(core::Kind::usage, e.message, e.remedy);
    }
    return logins;
}

std::vector<Logins> read_logins() {
    std::vector<Logins> files;
    const std::string docker = variable("DOCKER_CONFIG"), home = variable("HOME");
    if (!docker.empty())
        read_file(docker + "/config.json", files);
    else if (!home.empty())
        read_file(home + "/.docker/config.json", files);
    if (const std::string given = variable("REGISTRY_AUTH_FILE"); !given.empty()) read_file(given, files);
    if (const std::string runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty())
        read_file(runtime + "/containers/auth.json", files);
    if (const std::string config = variable("XDG_CONFIG_HOME"); !config.empty())
        read_file(config + "/containers/auth.json", files);
    else if (!home.empty())
        read_file(home + "/.config/containers/auth.json", files);
    return files;
}

core::Credentials find_login(const Logins &logins, const std::string &registry) {
    const auto found = logins.auths.find(host_of(registry));
    return found == logins.auths.end() ? core::Credentials{} : found->second;
}

Keychain::Keychain(std::vector<Logins> files, AskHelper ask, core::Log &log)
    : files_(std::move(files)), ask_(std::move(ask)), log_(log) {
    for (const Logins &file : files_)
        for (const auto &[host, login] : file.auths) {
            log_.hide(login.secret);
            log_.hide(login.identity_token);
        }
}

core::Credentials Keychain::find(const std::string &registry) const {
    const std::string host = host_of(registry);
    for (const Logins &file : files_) {
        const auto own = file.helpers.find(host);
        const std::string &helper = own == file.helpers.end() ? file.store : own->second;
        if (!helper.empty()) {
            if (const auto login = ask_(helper, server_of(host), log_)) {
                log_.hide(login->secret);
                log_.hide(login->identity_token);
                return *login;
            }
        }
        if (const core::Credentials login = find_login(file, registry);
            !login.username.empty() || !login.identity_token.empty())
            return login;
    }
    return {};
}

} // namespace ferry::cli
