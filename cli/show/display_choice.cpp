#include "cli/show/display_choice.h"

#include "cli/show/bars.h"
#include "cli/show/events.h"
#include "cli/show/plain.h"
#include "core/os/environment.h"
#include "core/os/terminal.h"

namespace ferry::cli {

DisplayKind display_kind(bool json, bool quiet, bool plain, const Surroundings &around) {
    if (json) return DisplayKind::events;
    if (quiet) return DisplayKind::none;
    const bool ci = !around.ci.empty() && around.ci != "false" && around.ci != "0";
    if (plain || !around.terminal || around.term.empty() || around.term == "dumb" || ci) return DisplayKind::plain;
    return DisplayKind::bars;
}

std::unique_ptr<Display> display_for(bool json, bool quiet, bool plain) {
    const Surroundings around = {core::is_terminal(core::Standard::error), core::variable("TERM"),
                                 core::variable("CI")};
    switch (display_kind(json, quiet, plain, around)) {
    case DisplayKind::events: return make_events();
    case DisplayKind::plain: return make_plain();
    case DisplayKind::bars: return make_bars(core::variable("NO_COLOR").empty());
    case DisplayKind::none: break;
    }
    return make_silent();
}

} // namespace ferry::cli
