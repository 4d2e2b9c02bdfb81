// ferry: container images without Docker.
#include "cli/commands.h"
#include "cli/demo/demo.h"
#include "cli/serve/serve.h"
#include "cli/system.h"

#include <ferry/base.h>

#include <cstdio>
#include <iostream>

#ifndef FERRY_VERSION
#error "the build defines FERRY_VERSION"
#endif

namespace {

int show(const std::string &help) {
    std::cout << help;
    return 0;
}

int run(std::vector<std::string> arguments) {
    using namespace ferry::cli;
    if (arguments.size() == 1 && (arguments[0] == "--version" || arguments[0] == "-V")) {
        std::cout << "ferry " FERRY_VERSION " (plugin interface " << FERRY_ABI_MAJOR << '.' << FERRY_ABI_MINOR << ")\n";
        return 0;
    }
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
        const Signals signals;
        LookArguments parsed = parse_look(command, std::move(arguments));
        if (!parsed.help.empty()) return show(parsed.help);
        const auto run_it = command == "inspect" ? run_inspect : command == "tags" ? run_tags : run_search;
        return run_it(std::move(parsed), signals.token());
    }
    if (command == "serve") {
        arguments.erase(arguments.begin());
        const Signals signals;
        const ServeArguments parsed = parse_serve(std::move(arguments));
        return parsed.help.empty() ? run_serve(parsed, signals.token()) : show(parsed.help);
    }
    if (command == "demo") {
        arguments.erase(arguments.begin());
        const Signals signals;
        const DemoArguments parsed = parse_demo(std::move(arguments));
        if (!parsed.help.empty()) return show(parsed.help);
        return run_demo(parsed, signals.token(), [&](ferry::core::PullRequest request) {
            PullArguments pull;
            pull.request = std::move(request);
            return run_pull(std::move(pull), signals.token());
        });
    }
    if (command == "pull") arguments.erase(arguments.begin());
    if (command == "help") arguments = {"--help"};
    const Signals signals;
    PullArguments parsed = parse_pull(std::move(arguments));
    if (!parsed.help.empty()) return show(parsed.help);
    return run_pull(std::move(parsed), signals.token());
}

} // namespace

int main(int argc, char **argv) {
    using ferry::core::Error;
    using ferry::core::Kind;
    try {
        return run(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const Error &e) {
        return ferry::cli::report(e);
    } catch (const ferry::Error &e) {
        return ferry::cli::report(Error::from(e));
    } catch (const std::exception &e) {
        return ferry::cli::report(
            Error(Kind::other, e.what(), "this is a fault of ferry: please report it with the log of --debug"));
    }
}
