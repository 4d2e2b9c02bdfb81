#include "cli/commands/args.h"

#include "cli/commands/list.h"
#include "cli/line/help.h"
#include "cli/line/language.h"
#include "cli/line/parser.h"
#include "cli/line/question.h"
#include "cli/line/settings.h"
#include "cli/serve/users.h"
#include "core/os/environment.h"
#include "core/os/terminal.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <iostream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

constexpr int most_connections = 64;

// As wide as the terminal, but lines longer than that are hard to read.
std::string help_of(const Command &command) {
    constexpr int widest = 110, narrowest = 80, elsewhere = 100;
    const int columns =
        core::is_terminal(core::Standard::output) ? core::terminal_size(core::Standard::output).columns : elsewhere;
    return help_text(command, std::clamp(columns, narrowest, widest));
}

int parse_workers(const std::string &text) {
    if (text == "auto") return 0;
    const bool digits = !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == text.npos;
    const int workers = digits ? std::stoi(text) : 0;
    if (workers < 1 || workers > most_connections)
        throw Error(Kind::usage, say("-j takes auto or a number from 1 to {}, not '{}'", most_connections, text));
    return workers;
}

// 2G, 512M, 64K or plain bytes; K is 1024.
std::uint64_t parse_size(const std::string &option, const std::string &text) {
    constexpr std::uint64_t most = std::uint64_t(1) << 62;
    const std::string units = "KMGT";
    std::size_t digits = 0;
    std::uint64_t number = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && number < most / 16)
        number = number * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
    std::string unit = text.substr(digits);
    for (char &c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (unit.size() > 1 && unit.substr(1) == "IB") unit.resize(1);
    const std::size_t place = unit.empty() ? 0 : units.find(unit), power = unit.empty() ? 0 : place + 1;
    if (digits == 0 || unit.size() > 1 || place == units.npos || number > (most >> (10 * power)))
        throw Error(Kind::usage, say("{} takes a size like 512M or 2G, not '{}'", option, text));
    return number << (10 * power);
}

core::Credentials credentials(std::string username, bool password_stdin, const std::stop_token &stop) {
    core::Credentials out;
    out.username = std::move(username);
    if (password_stdin) {
        if (out.username.empty()) throw Error(Kind::usage, say("--password-stdin needs a user: -u NAME"));
        std::getline(std::cin, out.secret);
        if (!out.secret.empty() && out.secret.back() == '\r') out.secret.pop_back();
        if (out.secret.empty()) throw Error(Kind::usage, say("--password-stdin found no password on standard input"));
    } else if (!out.username.empty()) {
        out.secret = core::variable("FERRY_PASSWORD");
        if (out.secret.empty()) out.secret = read_hidden(tr("Password of {}: ", out.username), stop);
        if (stop.stop_requested()) throw Error(Kind::interrupted, say("interrupted"));
        if (out.secret.empty())
            throw Error(Kind::usage, say("there is no password for {}", out.username),
                        say("give it with --password-stdin or in the variable FERRY_PASSWORD"));
    }
    return out;
}

void add_plugin_options(const Values &values, core::AccessRequest &request) {
    for (const std::string &option : values.all("--opt")) {
        const auto dot = option.find('.'), equals = option.find('=');
        if (dot == option.npos || equals == option.npos || dot == 0 || equals < dot + 2)
            throw Error(Kind::usage, say("--opt takes PLUGIN.KEY=VALUE, not '{}'", option.substr(0, equals)));
        request.plugin_options[option.substr(0, dot)][option.substr(dot + 1, equals - dot - 1)] =
            option.substr(equals + 1);
    }
    request.usual_options = values.plugin_options;
}

// What every plugin of a kind may want to know.
std::map<std::string, std::string> shared_options(const Values &values, const core::Insecure &insecure) {
    std::map<std::string, std::string> shared =
        proxy_settings(values.text("--proxy"), values.text("--no-proxy"), core::variable);
    shared["registry_proxy"] = values.text("--registry-proxy");
    shared["limit_rate"] = values.text("--limit-rate");
    shared["ca_cert"] = values.text("--ca-cert");
    for (const char *name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"})
        if (shared["ca_cert"].empty()) shared["ca_cert"] = core::variable(name);
    shared["client_cert"] = values.text("--client-cert");
    shared["client_key"] = values.text("--client-key");
    shared["certs_dir"] = values.text("--certs-dir");
    if (values.has("--min-tls")) shared["min_tls"] = values.text("--min-tls");
    for (const std::string &server : insecure.servers)
        shared["insecure_hosts"] += (shared["insecure_hosts"].empty() ? "" : ",") + server;
    if (insecure.everywhere) shared["insecure"] = "yes";
    std::erase_if(shared, [](const auto &option) { return option.second.empty(); });
    return shared;
}

// What every command that talks to registries is told.
void fill(core::AccessRequest &request, const Values &values, const std::stop_token &stop) {
    request.registry = values.text("--registry");
    request.mirrors = values.all("--mirror");
    request.mirrors.insert(request.mirrors.end(), values.mirrors.begin(), values.mirrors.end());
    for (std::string &mirror : request.mirrors) std::erase(mirror, ' ');
    request.insecure = core::parse_insecure(values.all("--insecure"));
    request.client.redirects.into_private = values.flag("--private-redirects");
    // The transport checks it, too, but only when a password was asked for and the wizard has put its questions.
    if (const std::string lowest = values.text("--min-tls"); !lowest.empty() && lowest != "1.2" && lowest != "1.3")
        throw Error(Kind::usage, say("--min-tls takes 1.2 or 1.3, not '{}'", lowest));
    request.backend = values.text("--backend");
    if (values.text("--transport") != "auto") request.transports = split_list(values.text("--transport"));
    add_plugin_options(values, request);
    request.credentials = credentials(values.text("--username"), values.flag("--password-stdin"), stop);
    request.client.retry.most = values.number("--retries");
    request.client.retry.ceiling_ms = values.number("--retry-delay") * 1000;
    request.client.stall_timeout_ms = values.number("--timeout") * 1000;
    request.client.connect_timeout_ms = std::min(values.number("--timeout"), 30) * 1000;
    request.client.total_timeout_ms = values.number("--request-timeout") * 1000;
    request.client.rate.bytes_per_second = parse_size("--min-rate", values.text("--min-rate"));
    request.shared_options = shared_options(values, request.insecure);
    if (request.shared_options.count("limit_rate")) { // then it is slow on purpose
        request.client.total_timeout_ms = 0;
        request.client.rate.bytes_per_second = 0;
    }
    request.option_names["registry_proxy"] = "--registry-proxy";
    if (values.has("--proxy")) request.option_names["http_proxy"] = request.option_names["https_proxy"] = "--proxy";
}

} // namespace

PullArguments parse_pull(std::vector<std::string> arguments, const std::stop_token &stop) {
    PullArguments out;
    core::PullRequest &request = out.request;
    const Command &pull = command("pull");
    const Values values = parse(pull, std::move(arguments));
    out.version = values.flag("--version");
    if (values.flag("--help")) out.help = help_of(pull);
    if (out.version || !out.help.empty()) return out;

    request.images = values.all("IMAGE");
    request.platform = values.text("--arch");
    request.output = values.text("--output");
    request.format = values.text("--format");
    request.name = values.text("--name");
    request.tag = values.text("--tag");
    request.force = values.flag("--force");
    request.dry_run = values.flag("--dry-run");
    out.plugin_dirs = values.all("--plugin-dir");
    out.debug = values.flag("--debug");
    out.json = values.flag("--json");
    out.quiet = values.flag("--quiet");
    out.no_progress = values.flag("--no-progress");

    const bool password_stdin = values.flag("--password-stdin");
    if (values.has("--from")) {
        const std::string list = values.text("--from");
        if (list == "-" && password_stdin)
            throw Error(Kind::usage, say("--from - and --password-stdin would both read standard input"),
                        say("put the list into a file, or the password into the variable FERRY_PASSWORD"));
        request.listed = read_list(list);
    }
    if (request.images.empty() && request.listed.empty()) {
        out.ask = !values.has("--from") && !out.json && can_ask();
        if (!out.ask)
            throw Error(Kind::usage, say("no image is named"),
                        say("for example: ferry nginx:1.21 -o ./images; `ferry --help` shows all options"));
    }
    if (request.name == "-" && out.json)
        throw Error(Kind::usage, say("--name - and --json would both write to standard output"));
    request.fetch.workers = parse_workers(values.text("--workers"));
    request.fetch.spool_limit = parse_size("--spool", values.text("--spool"));
    request.fetch.chunk = static_cast<std::uint64_t>(values.number("--chunk-size"));
    fill(request, values, stop);
    return out;
}

LookArguments parse_look(const std::string &name, std::vector<std::string> arguments, const std::stop_token &stop) {
    LookArguments out;
    const Command &look = command(name);
    const Values values = parse(look, std::move(arguments));
    if (values.flag("--help")) {
        out.help = help_of(look);
        return out;
    }
    const bool inspect = name == "inspect", search = name == "search";
    out.name = values.text(search ? "TEXT" : "IMAGE");
    if (inspect) {
        out.platform = values.text("--arch");
        out.raw = values.flag("--raw");
    } else {
        out.limit = static_cast<std::size_t>(values.number("--limit"));
    }
    out.json = values.flag("--json");
    out.debug = values.flag("--debug");
    out.plugin_dirs = values.all("--plugin-dir");
    if (out.name.empty() && !search)
        throw Error(Kind::usage, say("no image is named"), say("for example: ferry {} nginx:1.21", name));
    if (out.raw && out.json) throw Error(Kind::usage, say("--raw and --json exclude each other"));
    fill(out.access, values, stop);
    return out;
}

ServeArguments parse_serve(std::vector<std::string> arguments, const std::stop_token &stop) {
    ServeArguments out;
    const Command &serve = command("serve");
    // On the line: a variable or the settings may name another folder for pulls.
    const bool output_named = std::any_of(arguments.begin(), arguments.end(), [](const std::string &word) {
        return word.rfind("-o", 0) == 0 || word.rfind("--output", 0) == 0;
    });
    const Values values = parse(serve, std::move(arguments));
    if (values.flag("--help")) {
        out.help = help_of(serve);
        return out;
    }
    if (values.has("DIR") && output_named)
        throw Error(Kind::usage,
                    say("the folder is named twice: {} and -o {}", values.text("DIR"), values.text("--output")));
    out.folder = values.has("DIR") ? values.text("DIR") : values.text("--output");
    out.rules.most_connections = values.number("--max-connections");
    out.rules.most_per_client = values.number("--max-per-client");
    out.listen = values.text("--listen");
    out.tls_certificate = values.text("--tls-cert");
    out.tls_key = values.text("--tls-key");
    out.quiet = values.flag("--quiet");
    if (out.tls_certificate.empty() != out.tls_key.empty())
        throw Error(Kind::usage, say("--tls-cert and --tls-key belong together"));
    if (values.has("--htpasswd")) out.hashes = Users::read_htpasswd(values.text("--htpasswd"));
    const core::Credentials user = credentials(values.text("--username"), values.flag("--password-stdin"), stop);
    if (!user.username.empty()) out.secrets[user.username] = user.secret;
    return out;
}

DemoArguments parse_demo(std::vector<std::string> arguments) {
    DemoArguments out;
    const Command &demo = command("demo");
    const Values values = parse(demo, std::move(arguments));
    if (values.flag("--help")) {
        out.help = help_of(demo);
        return out;
    }
    if (values.has("DIR") && values.has("--output") && values.text("DIR") != values.text("--output"))
        throw Error(Kind::usage, say("two folders are named for the archive: {} and {}", values.text("DIR"),
                                     values.text("--output")));
    out.by_option = values.has("--output");
    if (values.has("DIR") || out.by_option) out.folder = values.text(out.by_option ? "--output" : "DIR");
    out.format = values.text("--format");
    // The demo reads its archive again, which it can of the formats that it knows.
    if (out.format != "synology" && out.format != "docker" && out.format != "oci")
        throw Error(Kind::usage, say("ferry demo -f takes synology, docker or oci, not '{}'", out.format));
    return out;
}

CleanArguments parse_clean(std::vector<std::string> arguments) {
    CleanArguments out;
    const Command &clean = command("clean");
    const Values values = parse(clean, std::move(arguments));
    if (values.flag("--help")) out.help = help_of(clean);
    out.folders = values.all("DIR");
    if (out.folders.empty() || values.typed("--output")) out.folders.push_back(values.text("--output"));
    return out;
}

PluginsArguments parse_plugins(std::vector<std::string> arguments) {
    PluginsArguments out;
    const Command &plugins = command("plugins");
    const Values values = parse(plugins, std::move(arguments));
    if (values.flag("--help")) {
        out.help = help_of(plugins);
        return out;
    }
    if (values.has("COMMAND")) out.command = values.text("COMMAND");
    out.id = values.text("ID");
    out.plugin_dirs = values.all("--plugin-dir");
    out.json = values.flag("--json");
    if (out.command == "show" && out.id.empty())
        throw Error(Kind::usage, say("ferry plugins show needs the id of a plugin"),
                    say("`ferry plugins list` shows those that there are"));
    if (out.command != "show" && !out.id.empty())
        throw Error(Kind::usage, say("ferry plugins list takes no id"), say("ferry plugins show {}", out.id));
    return out;
}

} // namespace ferry::cli
