#include "cli/commands/logins.h"

#include "cli/language/language.h"
#include "cli/line/settings.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/os/environment.h"

#include <ferry/kit/base64.hpp>
#include <ferry/kit/image_name.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace ferry::cli {

namespace {

// A key may be a URL with a path, as old docker clients wrote them.
std::string host_of(std::string key) {
    if (const auto mark = key.find("://"); mark != key.npos) key.erase(0, mark + 3);
    key.resize(std::min(key.find('/'), key.size()));
    return kit::is_docker_hub(key) ? std::string(kit::docker_hub) : key;
}

// The NUL bytes at the end are those with which docker pads.
std::optional<std::string> decoded(const std::string &base64) {
    auto text = kit::base64_decode(base64);
    while (text && !text->empty() && text->back() == '\0') text->pop_back();
    return text;
}

void read_file(const std::string &path, std::vector<Logins> &files) {
    Logins logins;
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text;
    if (file) {
        std::ostringstream bytes; // a folder opens as a file does, and fails when it is read
        bytes << file.rdbuf();
        text = bytes.str();
    }
    const int why = errno;
    if (file && (!text.empty() || why == 0))
        logins = parse_logins(text, path);
    else if (why != ENOENT && why != ENOTDIR)
        logins.faults = {tr("cannot read the logins in {}: {}", path, std::strerror(why))};
    if (!logins.empty() || !logins.faults.empty()) files.push_back(std::move(logins));
}

// What a key of credHelpers and auths is called when its helper is asked.
std::string server_of(const std::string &host) {
    return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

// An entry that is not as it should be. Whatever says more about it may hold a secret.
struct Unusable : std::exception {};

// Nothing where the entry holds no login. Throws Unusable, or core::Error.
std::optional<core::Credentials> parse_auth(const core::Json &entry) {
    core::Credentials login{entry.string("username"), entry.string("password"), entry.string("identitytoken")};
    if (const std::string auth = entry.string("auth"); !auth.empty()) {
        const auto pair = decoded(auth);
        const auto colon = pair ? pair->find(':') : std::string::npos; // a password may hold more of them
        if (colon == std::string::npos) throw Unusable();
        login.username = pair->substr(0, colon);
        login.secret = pair->substr(colon + 1);
    }
    if (login.username.empty() && login.identity_token.empty()) return std::nullopt;
    return login;
}

// The members of an object; none where it is something else, which is a fault.
std::map<std::string, core::Json> members_of(const core::Json &file, const char *name, const std::string &path,
                                             Logins &logins) {
    const auto member = file.find(name);
    if (!member) return {};
    if (member->is_object()) return member->entries();
    logins.faults.push_back(tr("{} in {} is not an object and is not used", name, path));
    return {};
}

void read_entries(const core::Json &file, const std::string &path, Logins &logins) {
    try {
        logins.store = file.string("credsStore");
    } catch (const core::Error &) {
        logins.faults.push_back(tr("{} in {} is not a text and is not used", "credsStore", path));
    }
    for (const auto &[key, helper] : members_of(file, "credHelpers", path, logins)) {
        try {
            logins.helpers.emplace(host_of(key), helper.string());
        } catch (const core::Error &) {
            logins.broken.emplace(host_of(key), tr("the credential helper of {} in {} is not a text", key, path));
        }
    }
    const auto auths = members_of(file, "auths", path, logins);
    // podman may name a part of a registry, as in quay.io/team: that serves where the registry has no login.
    for (const bool part : {false, true})
        for (const auto &[key, entry] : auths) {
            if (part != (key.find("://") == key.npos && key.find('/') != key.npos)) continue;
            if (entry.is_null()) continue;
            try {
                if (!entry.is_object()) throw Unusable();
                if (const auto login = parse_auth(entry)) logins.auths.emplace(host_of(key), *login);
            } catch (const std::exception &) {
                logins.broken.emplace(
                    host_of(key),
                    tr("the login for {} in {} cannot be read; log in again with docker login", key, path));
            }
        }
}

} // namespace

Logins parse_logins(std::string_view text, const std::string &path) {
    Logins logins;
    constexpr std::string_view mark = "\xEF\xBB\xBF"; // as editors of Windows write it
    if (text.substr(0, mark.size()) == mark) text.remove_prefix(mark.size());
    if (text.find_first_not_of(" \t\r\n") == text.npos) return logins;
    try {
        const core::Json file = core::Json::parse(text, path);
        if (!file.is_object()) throw Unusable();
        read_entries(file, path, logins);
    } catch (const std::exception &) { // its words may quote the file
        logins.faults = {tr("{} is not JSON as docker login and podman login write it: its logins are not used", path)};
    }
    return logins;
}

std::vector<Logins> read_logins() {
    std::vector<Logins> files;
    const std::string docker = core::variable("DOCKER_CONFIG"), home = core::home_folder();
    if (!docker.empty())
        read_file(docker + "/config.json", files);
    else if (!home.empty())
        read_file(home + "/.docker/config.json", files);
    if (const std::string given = core::variable("REGISTRY_AUTH_FILE"); !given.empty()) read_file(given, files);
    if (const std::string runtime = core::variable("XDG_RUNTIME_DIR"); !runtime.empty())
        read_file(runtime + "/containers/auth.json", files);
    if (const std::string config = core::config_folder(); !config.empty())
        read_file(config + "/containers/auth.json", files);
    return files;
}

core::Credentials find_login(const Logins &logins, const std::string &registry) {
    const auto found = logins.auths.find(host_of(registry));
    return found == logins.auths.end() ? core::Credentials{} : found->second;
}

Keychain::Keychain(std::vector<Logins> files, AskHelper ask, core::Log &log)
    : files_(std::move(files)), ask_(std::move(ask)), log_(log) {
    for (const Logins &file : files_) {
        for (const auto &[host, login] : file.auths) {
            log_.hide(login.secret);
            log_.hide(login.identity_token);
        }
        for (const std::string &fault : file.faults) warn(fault);
    }
}

void Keychain::warn(const std::string &sentence) {
    if (std::find(warned_.begin(), warned_.end(), sentence) != warned_.end()) return;
    warned_.push_back(sentence);
    log_.warning(sentence);
}

std::string Keychain::unusable() const {
    std::string all;
    for (const std::string &one : warned_) all += (all.empty() ? "" : "; ") + one;
    return all;
}

core::Credentials Keychain::find(const std::string &registry) {
    const std::string host = host_of(registry);
    for (const Logins &file : files_) {
        const auto own = file.helpers.find(host);
        const std::string &helper = own == file.helpers.end() ? file.store : own->second;
        try {
            if (const auto login = helper.empty() ? std::nullopt : ask_(helper, server_of(host))) {
                log_.hide(login->secret);
                log_.hide(login->identity_token);
                return *login;
            }
        } catch (const core::Error &e) {
            if (e.kind() == core::Kind::interrupted) throw;
            // Most images need no login; where one does, the refusal says this again.
            warn(tr(e.remedy.empty() ? e.message : say("{}; {}", e.message, e.remedy)));
        }
        if (const core::Credentials login = find_login(file, registry);
            !login.username.empty() || !login.identity_token.empty())
            return login;
        if (const auto broken = file.broken.find(host); broken != file.broken.end()) warn(broken->second);
    }
    return {};
}

} // namespace ferry::cli
