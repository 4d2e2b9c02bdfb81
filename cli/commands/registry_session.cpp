#include "cli/commands/registry_session.h"

#include "cli/commands/credential_helper.h"
#include "cli/language/language.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

// An option of a plugin whose value is for nobody's eyes, by its name: "secret_key", not "key_id".
bool names_a_secret(std::string_view key) {
    for (const char *end : {"_id", "_url", "_file"})
        if (key.ends_with(end)) return false;
    for (const char *word : {"secret", "password", "token"})
        if (key.find(word) != key.npos) return true;
    return key.ends_with("key");
}

// Who did not choose a registry did not misspell it: Docker Hub is out of reach from here.
Text hub_advice(const core::Error &error) {
    const std::string host = core::AccessRequest().registry, domain = host.substr(host.find('.') + 1);
    const bool network = error.status() == FERRY_E_NETWORK || error.status() == FERRY_E_TIMEOUT;
    if (!network || !core::unanswered(error) || !error.message.mentions(domain)) return {};
    return say(
        "check this machine's network; where only a proxy leads outside, name it with --proxy URL; where Docker Hub "
        "is blocked, a mirror of it helps: --mirror HOST");
}

} // namespace

RegistrySession::RegistrySession(core::AccessRequest &request, bool debug, std::function<void(std::string_view)> warn) {
    request.words = &words();
    log.hide(request.credentials.secret);
    for (const auto *options : {&request.plugin_options, &request.usual_options})
        for (const auto &plugin : *options)
            for (const auto &[key, value] : plugin.second)
                if (names_a_secret(key)) log.hide(value);
    log.listen(std::move(warn));
    if (debug) log.echo(core::Level::debug);
    keychain_.emplace(
        read_logins(), [](const std::string &name, const std::string &server) { return ask_helper(name, server); },
        log);
    request.login = [this](const std::string &registry) { return keychain_->find(registry); };
}

void RegistrySession::warn_if(const core::Insecure &insecure) {
    if (insecure.everywhere)
        return log.warning(
            say("TLS certificates are not verified (--insecure): anybody on the way can read and change what "
                "is transferred"));
    for (const std::string &server : insecure.servers)
        log.warning(
            say("the TLS certificate of {} is not verified (--insecure={}): anybody on the way can read and change "
                "what is transferred",
                server, server));
}

core::Error RegistrySession::fail(const core::Error &error) {
    core::Error shown = error;
    shown.message = log.scrub(tr(error.message));
    shown.remedy = log.scrub(tr(error.remedy));
    if (shown.remedy.empty()) shown.remedy = hub_advice(error);
    // The login that could not be used may be the one that was needed.
    if (const std::string lost = log.scrub(keychain_->unusable()); error.kind() == core::Kind::access && !lost.empty())
        shown.remedy = shown.remedy.empty() ? lost : say("{}; {}", lost, shown.remedy);
    log.error(shown.message + (shown.remedy.empty() ? "" : " -> " + shown.remedy));
    return shown;
}

} // namespace ferry::cli
