#include "cli/commands/table.h"

#include "cli/commands/clean.h"
#include "cli/commands/demo.h"
#include "cli/commands/help.h"
#include "cli/commands/inspect.h"
#include "cli/commands/plugins.h"
#include "cli/commands/pull.h"
#include "cli/commands/search.h"
#include "cli/commands/serve.h"
#include "cli/commands/tags.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

std::vector<Command> commands() {
    std::vector<Command> all = {pull_command(),  inspect_command(), tags_command(),  search_command(),
                                serve_command(), demo_command(),    clean_command(), plugins_command()};
    std::vector<const char *> names;
    for (const Command &one : all) names.push_back(one.name);
    all.push_back(help_command(std::move(names)));
    return all;
}

std::vector<ExitCode> exit_codes() {
    return {
        {0, later("done")},
        {1, later("another error")},
        {2, later("usage: an option, a setting, a name, a certificate file")},
        {3, later("authentication or permission")},
        {4, later("image, tag or platform not found")},
        {5, later("network, TLS or proxy")},
        {6, later("integrity: a digest is wrong")},
        {7, later("disk")},
        {8, later("plugin")},
        {9, later("rate limit of the registry")},
        {130, later("interrupted; the same command resumes")},
    };
}

std::vector<Example> examples() {
    return {
        {"ferry nginx:1.21", later("writes ./output/nginx_1.21_amd64.tar")},
        {"ferry debian -a arm64 -o ./images", later("another platform, another folder")},
        {"ferry app:2 -r registry.corp.example -u me", later("another registry, with a login")},
        {"ferry nginx redis --name both.tar", later("two images in one archive")},
        {"ferry nginx --name - | ssh nas docker load", later("straight to another machine")},
    };
}

} // namespace

const Program &program() {
    static const Program table = {commands(), exit_codes(), examples()};
    return table;
}

} // namespace ferry::cli
