#include "cli/session.h"

#include "cli/commands.h"
#include "cli/helper.h"
#include "cli/settings.h"
#include "cli/system.h"
#include "core/pack/file.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

// An option of a plugin whose value is for nobody's eyes, by its name: "secret_key", not "key_id".
bool names_a_secret(std::string_view key) {
    const auto ends = [&](std::string_view end) {
        return key.size() >= end.size() && key.substr(key.size() - end.size()) == end;
    };
    if (ends("_id") || ends("_url") || ends("_file")) return false;
    for (const char *word : {"secret", "password", "token"})
        if (key.find(word) != key.npos) return true;
    return ends("key");
}

} // namespace

core::Catalog catalog_of(std::vector<std::string> plugin_dirs) {
    for (const std::string &folder : split_list(variable("FERRY_PLUGIN_DIR"), ':')) plugin_dirs.push_back(folder);
    for (const std::string &folder : plugin_dirs)
        if (!core::real_disk().exists(folder))
            throw core::Error(core::Kind::usage, say("the plugin folder {} does not exist", folder));
    return core::Catalog(
        core::plugin_folders(plugin_dirs, variable("FERRY_PLUGIN_PATH"), data_home(), executable_path()));
}

Session::Session(core::AccessRequest &request, bool debug, std::function<void(std::string_view)> warn) {
    log.hide(request.credentials.secret);
    for (const auto &plugin : request.plugin_options)
        for (const auto &[key, value] : plugin.second)
            if (names_a_secret(key)) log.hide(value);
    log.listen(std::move(warn));
    if (debug) log.echo(core::Level::debug);
    keychain_.emplace(
        read_logins(),
        [](const std::string &name, const std::string &server, core::Log &to) { return ask_helper(name, server, to); },
        log);
    request.login = [this](const std::string &registry) { return keychain_->find(registry); };
}

void Session::warn_if(const core::Insecure &insecure) {
    if (insecure.everywhere)
        return log.warning(say("TLS certificates are not verified (--insecure): anybody on the way can read and change what "
                               "is transferred"));
    for (const std::string &server : insecure.servers)
        log.warning(say("the TLS certificate of {} is not verified (--insecure={}): anybody on the way can read and change "
                        "what is transferred",
                        server, server));
}

int Session::fail(const core::Error &error) {
    core::Error shown = error;
    shown.message = log.scrub(error.message);
    shown.remedy = log.scrub(error.remedy);
    log.error(shown.message + (shown.remedy.empty() ? "" : " -> " + shown.remedy));
    return report(shown);
}

} // namespace ferry::cli
