#include "cli/commands/registry_query.h"

#include "cli/commands/common_options.h"
#include "cli/commands/login.h"
#include "cli/commands/plugin_catalog.h"
#include "cli/commands/registry_options.h"
#include "cli/commands/registry_session.h"
#include "cli/language/language.h"
#include "cli/show/message.h"
#include "core/os/environment.h"
#include "core/os/signals.h"

namespace ferry::cli {

std::vector<Group> query_groups(std::vector<Option> own) {
    own.push_back(registry_option);
    // There is no archive, and so no log beside it.
    const Option debug_option = {"--debug", "", "debug", "", later("debug log on standard error")};
    return {{later("Options"), std::move(own)},
            network_group(),
            login_group(),
            plugins_group(),
            {later("Display and settings"), {debug_option, language_option, config_option, help_option}}};
}

Option limit_option(const char *fallback) {
    constexpr int most = 1000000;
    return {"--limit",         "N",   "", fallback, later("at most so many are listed; 0 for all"),
            Complete::nothing, false, 0,  most};
}

RegistryQuery registry_query(const Values &values, const std::string &operand) {
    RegistryQuery query;
    query.access = access_request(values, core::variable);
    query.name = values.text(operand);
    query.json = values.flag("--json");
    query.debug = values.flag("--debug");
    query.plugin_dirs = values.all("--plugin-dir");
    return query;
}

void need_image(const RegistryQuery &query, const std::string &command) {
    if (query.name.empty())
        throw core::Error(core::Kind::usage, say("no image is named"),
                          say("for example: ferry {} nginx:1.21", command));
}

void run_query(RegistryQuery query, const Values &values, const core::Reference &reference,
               const std::function<void(const core::Operation &, core::Access &)> &ask) {
    const core::Signals signals;
    query.access.credentials = credentials(values, signals.token());
    RegistrySession session(query.access, query.debug, show_warning);
    try {
        const core::Catalog catalog = plugin_catalog(query.plugin_dirs);
        core::Access access(query.access, catalog, {reference});
        session.warn_if(query.access.insecure);
        access.warn_of_options(session.log);
        const core::Operation operation(signals.token(), session.log);
        ask(operation, access);
    } catch (const core::Error &e) {
        throw session.fail(e);
    }
}

void say_cut(bool cut, std::size_t shown) {
    if (cut) show_line("ferry: " + tr("the first {} of them; --limit 0 lists all", shown));
}

} // namespace ferry::cli
