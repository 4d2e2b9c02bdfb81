// ferry: container images without Docker.
#include "cli/commands/commands.h"
#include "cli/commands/wizard.h"
#include "cli/demo/demo.h"
#include "cli/line/language.h"
#include "cli/line/parser.h"
#include "cli/line/settings.h"
#include "cli/serve/serve.h"
#include "cli/show/output.h"
#include "cli/show/progress.h"
#include "core/base/fault.h"
#include "core/os/signals.h"
#include "core/os/standard_streams.h"

#include <ferry/base.h>
#include <ferry/text.hpp>

#include <algorithm>

#ifndef FERRY_VERSION
#error "the build defines FERRY_VERSION"
#endif

namespace {

using ferry::core::Error;
using ferry::core::Kind;

int show(const std::string &text) {
    ferry::cli::write_out(text.data(), text.size());
    return 0;
}

int show_version() {
    return show("ferry " FERRY_VERSION " (plugin interface " + std::to_string(FERRY_ABI_MAJOR) + "." +
                std::to_string(FERRY_ABI_MINOR) + ")\n");
}

int run(std::vector<std::string> arguments) {
    using namespace ferry::cli;
    const std::string command = arguments.empty() ? "" : arguments[0];
    if (command == "plugins" || command == "clean") {
        arguments.erase(arguments.begin());
        if (command == "clean") {
            const CleanArguments parsed = parse_clean(std::move(arguments));
            return parsed.help.empty() ? run_clean(parsed) : show(parsed.help);
        }
        const PluginsArguments parsed = parse_plugins(std::move(arguments));
        return parsed.help.empty() ? run_plugins(parsed) : show(parsed.help);
    }
    if (command == "inspect" || command == "tags" || command == "search") {
        arguments.erase(arguments.begin());
        const ferry::core::Signals signals;
        LookArguments parsed = parse_look(command, std::move(arguments), signals.token());
        if (!parsed.help.empty()) return show(parsed.help);
        const auto run_it = command == "inspect" ? run_inspect : command == "tags" ? run_tags : run_search;
        return run_it(std::move(parsed), signals.token());
    }
    if (command == "serve") {
        arguments.erase(arguments.begin());
        const ferry::core::Signals signals;
        const ServeArguments parsed = parse_serve(std::move(arguments), signals.token());
        return parsed.help.empty() ? run_serve(parsed, signals.token(), print_result) : show(parsed.help);
    }
    if (command == "demo") {
        arguments.erase(arguments.begin());
        const ferry::core::Signals signals;
        const DemoArguments parsed = parse_demo(std::move(arguments));
        if (!parsed.help.empty()) return show(parsed.help);
        return run_demo(parsed, signals.token(), [&](ferry::core::PullRequest request) {
            PullArguments pull;
            pull.request = std::move(request);
            return run_pull(std::move(pull), signals.token());
        });
    }
    if (const auto other = other_program(arguments)) throw Error(*other);
    if (command == "pull") arguments.erase(arguments.begin());
    if (command == "help") {
        arguments.erase(arguments.begin());
        arguments.push_back("--help");
        const bool other = arguments[0] != "--help";
        return other ? run(std::move(arguments)) : show(parse_pull(std::move(arguments)).help);
    }
    const ferry::core::Signals signals;
    PullArguments parsed = parse_pull(std::move(arguments), signals.token());
    if (parsed.version) return show_version();
    if (!parsed.help.empty()) return show(parsed.help);
    if (parsed.ask) ask(parsed, signals.token());
    return run_pull(std::move(parsed), signals.token());
}

// `ferry plugns list` is a pull of two images as far as anybody can tell; when it fails, the other reading is named.
Error with_command(Error error, const std::vector<std::string> &arguments) {
    const std::string meant = arguments.empty() ? "" : ferry::cli::mistyped_command(arguments[0]);
    if (meant.empty() || error.kind() == Kind::interrupted) return error;
    const ferry::Text question = ferry::say("did you mean the command `ferry {}`?", meant);
    error.remedy = error.remedy.empty() ? question : ferry::say("{}; {}", question, error.remedy);
    return error;
}

} // namespace

int main(int argc, char **argv) {
    using namespace ferry::cli;
    ferry::core::hold_standard_streams();
    bool json = false;
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        const std::string settings = early_value(arguments, "--config");
        speak(language_for(early_value(arguments, "--lang"), settings.empty() ? default_settings_path() : settings),
              catalogue_folder());
        // Other commands than pull have no events.
        const bool pull = arguments.empty() || arguments[0] == "pull" || !is_command(arguments[0]);
        json = pull && std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
        try {
            return run(arguments);
        } catch (const Error &e) {
            throw with_command(e, arguments);
        }
    } catch (...) {
        return report(ferry::core::current_error(), json);
    }
}
