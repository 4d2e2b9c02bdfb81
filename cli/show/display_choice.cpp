#include "cli/show/display_choice.h"

#include "cli/show/bars.h"
#include "cli/show/events.h"
#include "cli/show/plain.h"
#include "cli/system.h"

#include <cstdlib>
#include <unistd.h>

namespace ferry::cli {

DisplayKind display_kind(bool json, bool quiet, bool plain, const Surroundings &around) {
    if (json) return DisplayKind::events;
    if (quiet) return DisplayKind::none;
    const bool ci = !around.ci.empty() && around.ci != "false" && around.ci != "0";
    if (plain || !around.terminal || around.term.empty() || around.term == "dumb" || ci) return DisplayKind::plain;
    return DisplayKind::bars;
}

namespace {

std::string variable(const char *name) {
    const char *value = std::getenv(name);
    return value ? value : "";
}

} // namespace

std::unique_ptr<Display> display_for(bool json, bool quiet, bool plain) {
    const Surroundings around = {is_terminal(STDERR_FILENO), variable("TERM"), variable("CI")};
    switch (display_kind(json, quiet, plain, around)) {
    case DisplayKind::events: return make_events();
    case DisplayKind::plain: return make_plain();
    case DisplayKind::bars: return make_bars(variable("NO_COLOR").empty());
    case DisplayKind::none: break;
    }
    return make_silent();
}

} // namespace ferry::cli
