#include "cli/commands/demo.h"

#include "cli/commands/common_options.h"
#include "cli/commands/pull.h"
#include "core/base/error.h"
#include "core/os/signals.h"

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

int run_demo_command(const Program &, const Values &values) {
    const core::Signals signals;
    return run_demo(demo_arguments(values), signals.token(), [&](core::PullRequest request) {
        PullArguments arguments;
        arguments.request = std::move(request);
        return pull(std::move(arguments), signals.token());
    });
}

} // namespace

DemoArguments demo_arguments(const Values &values) {
    const std::string operand = values.text("DIR"), option = values.text("--output");
    if (values.has("DIR") && values.has("--output") && operand != option)
        throw Error(Kind::usage, say("two folders are named for the archive: {} and {}", operand, option));
    DemoArguments out;
    out.by_option = values.has("--output");
    if (values.has("DIR") || out.by_option) out.folder = out.by_option ? option : operand;
    out.format = values.text("--format");
    // The demo reads its archive again, which it can of the formats that it knows.
    if (out.format != "synology" && out.format != "docker" && out.format != "oci")
        throw Error(Kind::usage, say("ferry demo -f takes synology, docker or oci, not '{}'", out.format));
    return out;
}

Command demo_command() {
    return {"demo",
            "demo [DIR | -o DIR] [options]",
            later("Shows the whole path without a network: makes a small image, serves it on this machine, pulls it "
                  "from there, and checks the archive."),
            {{"DIR", later("folder for the archive, made if it is missing; ./output where none is named"),
              Complete::folder}},
            {{later("Options"),
              {{"-o,--output", "DIR", "", "", later("the same folder, as a pull takes it"), Complete::folder},
               {"-f,--format", "ID", "", "synology", later("synology, docker or oci"), Complete::format},
               language_option,
               help_option}}},
            run_demo_command};
}

} // namespace ferry::cli
