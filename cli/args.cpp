#include "cli/args.h"

#include "cli/settings.h"
#include "cli/system.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

constexpr int most_connections = 64;

constexpr const char *of_pull[] = {"arch", "output", "workers", "format", "chunk_size", "json", "quiet", "no_progress"};

// An option that may also be set by FERRY_<NAME> and by NAME = value in the settings file.
struct Setting {
    CLI::Option *option;
    std::string key;
};

class Parser {
public:
    Parser(const std::string &description, const std::string &name) : app(description, name) {
        app.set_help_flag("-h,--help", "print this help and exit");
        app.get_formatter()->column_width(36);
    }

    CLI::Option *setting(CLI::Option *option, const std::string &key) {
        std::string name = "FERRY_" + key;
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::toupper(c)); });
        option->envname(name);
        settings_.push_back({option, key});
        return option;
    }

    // Returns the help text when it was asked for.
    std::string parse(std::vector<std::string> arguments) {
        std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
        try {
            app.parse(std::move(arguments));
        } catch (const CLI::CallForHelp &) {
            return app.help();
        } catch (const CLI::ParseError &e) {
            throw Error(Kind::usage, e.what(), "`" + app.get_name() + " --help` shows all options");
        }
        return {};
    }

    void apply(const std::map<std::string, std::string> &file, const std::string &path, core::AccessRequest &request) {
        for (const auto &[key, value] : file) {
            if (key.rfind("mirrors.", 0) == 0) { // of one registry
                std::string registry = key.substr(8), places = value;
                // A colon ends a key as well as = does: the port of the registry begins the value.
                if (const auto digits = places.find_first_not_of("0123456789"), equals = places.find('=');
                    digits && digits < 6 && equals != places.npos && places.find_first_not_of(' ', digits) == equals) {
                    registry += ":" + places.substr(0, digits);
                    places.erase(0, equals + 1);
                }
                for (const std::string &place : split_list(places)) request.mirrors.push_back(registry + "=" + place);
                continue;
            }
            if (key.rfind("plugin.", 0) == 0) {
                const auto dot = key.find('.', 7);
                if (dot == key.npos) throw Error(Kind::usage, path + ": '" + key + "' is not plugin.ID.KEY");
                request.plugin_options[key.substr(7, dot - 7)].emplace(key.substr(dot + 1), value);
                continue;
            }
            const std::string &wanted = key;
            const auto found =
                std::find_if(settings_.begin(), settings_.end(), [&](const Setting &s) { return s.key == wanted; });
            if (found == settings_.end()) {
                // The file serves all commands; what only a pull knows is none of the others' business.
                if (std::find(std::begin(of_pull), std::end(of_pull), key) != std::end(of_pull)) continue;
                throw Error(Kind::usage, path + ": there is no setting '" + key + "'");
            }
            if (found->option->count()) continue;
            try {
                found->option->add_result(value);
                found->option->run_callback();
            } catch (const CLI::Error &e) {
                throw Error(Kind::usage, path + ": " + key + ": " + e.what());
            }
        }
    }

    CLI::App app;

private:
    std::vector<Setting> settings_;
};

int parse_workers(const std::string &text) {
    if (text == "auto") return 0;
    const bool digits = !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == text.npos;
    const int workers = digits ? std::stoi(text) : 0;
    if (workers < 1 || workers > most_connections)
        throw Error(Kind::usage,
                    "-j takes auto or a number from 1 to " + std::to_string(most_connections) + ", not '" + text + "'");
    return workers;
}

void add_images_of(const std::string &path, bool password_stdin, std::vector<std::string> &images) {
    std::ifstream file;
    if (path == "-" && password_stdin)
        throw Error(Kind::usage, "--from - and --password-stdin would both read standard input");
    if (path != "-") file.open(path);
    std::istream &in = path == "-" ? std::cin : file;
    if (!in) throw Error(Kind::usage, "cannot read the list of images " + path + ": " + std::strerror(errno));
    for (std::string line; std::getline(in, line);) {
        line = line.substr(0, line.find('#'));
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin != line.npos) images.push_back(line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin));
    }
}

core::Credentials credentials(std::string username, bool password_stdin) {
    core::Credentials out;
    out.username = std::move(username);
    if (password_stdin) {
        if (out.username.empty()) throw Error(Kind::usage, "--password-stdin needs a user: -u NAME");
        std::getline(std::cin, out.secret);
        if (!out.secret.empty() && out.secret.back() == '\r') out.secret.pop_back();
        if (out.secret.empty()) throw Error(Kind::usage, "--password-stdin found no password on standard input");
    } else if (!out.username.empty()) {
        out.secret = variable("FERRY_PASSWORD");
        if (out.secret.empty()) out.secret = read_hidden("Password of " + out.username + ": ");
        if (out.secret.empty())
            throw Error(Kind::usage, "no password for " + out.username,
                        "give it with --password-stdin or in the variable FERRY_PASSWORD");
    }
    return out;
}

// What every command that talks to registries takes. It must live as long as the parser.
class AccessOptions {
public:
    AccessOptions(Parser &parser, core::AccessRequest &request, std::vector<std::string> &plugin_dirs, bool &debug)
        : parser_(parser), request_(request) {
        CLI::App &app = parser.app;
        parser.setting(app.add_option("-r,--registry", request.registry,
                                      "registry for names that carry none: [http://]host[:port]")
                           ->type_name("HOST")
                           ->capture_default_str(),
                       "registry");
        parser.setting(app.add_flag("--insecure", insecure_,
                                    "do not verify TLS certificates (tests only): --insecure=HOST[:PORT] for one server "
                                    "(repeatable), --insecure for all"),
                       "insecure");
        parser.setting(app.add_flag("--debug", debug, "debug log, in docker_pull.log and on stderr"), "debug");
        parser.setting(app.add_option("--backend", backend_, "registry plugin: dockerhub, harbor, v2, auto")
                           ->type_name("ID")
                           ->capture_default_str(),
                       "backend");
        parser.setting(
            app.add_option("--transport", transport_, "transport plugins from the top down: direct, proxy, auto")
                ->type_name("ID[,ID]")
                ->capture_default_str(),
            "transport");
        app.add_option("--opt", options_, "an option of a plugin: PLUGIN.KEY=VALUE (see ferry plugins show)")
            ->type_name("TEXT")
            ->allow_extra_args(false);
        app.add_option("--plugin-dir", plugin_dirs, "a folder with plugins, searched first (repeatable)")
            ->type_name("DIR")
            ->allow_extra_args(false);
        parser.setting(app.add_option("--mirror", request.mirrors,
                                      "a mirror, asked first (repeatable): [REGISTRY=][http://]host[:port][/prefix]")
                           ->type_name("HOST")
                           ->allow_extra_args(false)
                           ->delimiter(','),
                       "mirrors");
        parser.setting(app.add_option("--proxy", proxy_,
                                      "proxy for http and https: [http://][user:password@]host:port; https://, "
                                      "socks5:// (resolves names here) and socks5h:// (there) too")
                           ->type_name("URL"),
                       "proxy");
        parser.setting(
            app.add_option("--no-proxy", no_proxy_, "hosts that are reached without the proxy")->type_name("LIST"),
            "no_proxy");
        parser.setting(app.add_option("--registry-proxy", registry_proxy_,
                                      "proxies of single servers: HOST[:PORT]=URL or HOST[:PORT]=direct, apart by "
                                      "commas")
                           ->type_name("LIST"),
                       "registry_proxy");
        parser.setting(app.add_flag("--private-redirects", request.client.redirects.into_private,
                                    "let a public registry redirect to hosts in a private network"),
                       "private_redirects");
        parser.setting(app.add_option("--limit-rate", limit_rate_,
                                      "bytes a second for all connections together: 500K, 5M, 1.5G")
                           ->type_name("RATE"),
                       "limit_rate");
        parser.setting(app.add_option("--ca-cert", ca_cert_,
                                      "a PEM file (or folder) of certificates to trust besides the system's")
                           ->type_name("FILE"),
                       "ca_cert");
        parser.setting(app.add_option("--client-cert", client_cert_, "a PEM file with the client's certificate")
                           ->type_name("FILE"),
                       "client_cert");
        parser.setting(app.add_option("--client-key", client_key_, "a PEM file with its key")->type_name("FILE"),
                       "client_key");
        parser.setting(app.add_option("--certs-dir", certs_dir_,
                                      "folder with HOST[:PORT]/*.crt, *.cert and *.key, as /etc/docker/certs.d, which "
                                      "it replaces")
                           ->type_name("DIR"),
                       "certs_dir");
        parser.setting(app.add_option("--min-tls", min_tls_, "the lowest version of TLS: 1.2 (default) or 1.3")
                           ->type_name("VERSION")
                           ->check(CLI::IsMember({"1.2", "1.3"})),
                       "min_tls");
        parser.setting(app.add_option("-u,--username", username_, "user name at the registry")->type_name("NAME"),
                       "username");
        app.add_flag("--password-stdin", password_stdin_,
                     "read the password from standard input (or set FERRY_PASSWORD)");
        parser.setting(
            app.add_option("--timeout", timeout_, "seconds without a byte after which a connection is given up")
                ->type_name("SECONDS")
                ->check(CLI::Range(1, 86400))
                ->capture_default_str(),
            "timeout");
        parser.setting(app.add_option("--retries", retries_, "tries after the first")
                           ->type_name("N")
                           ->check(CLI::Range(0, 1000))
                           ->capture_default_str(),
                       "max_retries");
        parser.setting(app.add_option("--retry-delay", retry_delay_,
                                      "ceiling of the delay between tries, in seconds; it starts at 1 and doubles")
                           ->type_name("SECONDS")
                           ->check(CLI::Range(0, 3600))
                           ->capture_default_str(),
                       "retry_delay");
        app.add_option("--config", config_path_, "settings file (default: " + default_settings_path() + ")")
            ->type_name("FILE");
    }

    bool password_stdin() const noexcept { return password_stdin_; }

    // Reads the settings file and completes the request.
    void finish() {
        const bool own_file = !config_path_.empty();
        if (!own_file) config_path_ = default_settings_path();
        for (const std::string &option : options_) {
            const auto dot = option.find('.'), equals = option.find('=');
            if (dot == option.npos || equals == option.npos || dot == 0 || equals < dot + 2)
                throw Error(Kind::usage, "--opt takes PLUGIN.KEY=VALUE, not '" + option.substr(0, equals) + "'");
            request_.plugin_options[option.substr(0, dot)][option.substr(dot + 1, equals - dot - 1)] =
                option.substr(equals + 1);
        }
        parser_.apply(read_settings(config_path_, own_file), config_path_, request_);
        for (std::string &mirror : request_.mirrors) std::erase(mirror, ' ');
        request_.backend = backend_;
        if (transport_ != "auto") request_.transports = split_list(transport_);
        request_.credentials = credentials(username_, password_stdin_);
        request_.client.retry.most = retries_;
        request_.client.retry.ceiling_ms = retry_delay_ * 1000;
        request_.client.stall_timeout_ms = timeout_ * 1000;
        request_.client.connect_timeout_ms = std::min(timeout_, 30) * 1000;

        for (const char *name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"})
            if (ca_cert_.empty()) ca_cert_ = variable(name);
        request_.insecure = core::parse_insecure(insecure_);
        auto &shared = request_.shared_options;
        shared = proxy_settings(proxy_, no_proxy_, variable);
        shared["registry_proxy"] = registry_proxy_;
        shared["limit_rate"] = limit_rate_;
        shared["ca_cert"] = ca_cert_;
        shared["client_cert"] = client_cert_;
        shared["client_key"] = client_key_;
        shared["certs_dir"] = certs_dir_;
        shared["min_tls"] = min_tls_;
        for (const std::string &server : request_.insecure.servers)
            shared["insecure_hosts"] += (shared["insecure_hosts"].empty() ? "" : ",") + server;
        if (request_.insecure.everywhere) shared["insecure"] = "yes";
        std::erase_if(shared, [](const auto &option) { return option.second.empty(); });
    }

private:
    Parser &parser_;
    core::AccessRequest &request_;
    std::string backend_ = "auto", transport_ = "auto", username_, proxy_, no_proxy_, config_path_;
    std::string ca_cert_, client_cert_, client_key_, certs_dir_, min_tls_, registry_proxy_, limit_rate_;
    std::vector<std::string> options_, insecure_;
    bool password_stdin_ = false;
    int retries_ = 5, retry_delay_ = 10, timeout_ = 60;
};

} // namespace

PullArguments parse_pull(std::vector<std::string> arguments) {
    PullArguments out;
    core::PullRequest &request = out.request;
    Parser parser(
        "Downloads container images without Docker and packs them into an archive for docker load or a "
        "Synology NAS.\n\nCommands: ferry [pull] IMAGE..., ferry inspect IMAGE, ferry tags IMAGE, ferry search "
        "[TEXT], ferry clean [DIR...], ferry plugins [list|show ID], ferry --version",
        "ferry");
    CLI::App &app = parser.app;
    std::string workers = "auto", from;
    int chunk_size = 524288;

    app.add_option("--from", from, "a file with image names, one a line, # begins a comment; - reads standard input")
        ->type_name("FILE");
    app.add_option("IMAGE", request.images, "[registry/]repository[:tag][@digest], several allowed")->type_name("");
    parser.setting(
        app.add_option("-a,--arch", request.platform, "platform: amd64, arm64, arm/v7, linux/arm64/v8, x86_64...")
            ->type_name("ARCH")
            ->capture_default_str(),
        "arch");
    parser.setting(app.add_option("-o,--output", request.output, "folder for the archive and docker_pull.log, created")
                       ->type_name("DIR")
                       ->capture_default_str(),
                   "output");
    parser.setting(app.add_option("-j,--workers", workers, "connections: a number, or auto to find how many pay")
                       ->type_name("N")
                       ->capture_default_str(),
                   "workers");
    parser.setting(app.add_option("-f,--format", request.format,
                                  "packer: synology (imports everywhere), docker (smallest, fastest), or a plugin's id")
                       ->type_name("ID")
                       ->capture_default_str(),
                   "format");
    app.add_option("--name", request.name, "name of the archive; - writes it to standard output")->type_name("FILE");
    app.add_option("--tag", request.tag, "what the archive calls the image")->type_name("NAME[:TAG]");
    parser.setting(
        app.add_option("--chunk-size", chunk_size, "bytes that are checked, and fetched again when damaged, as one")
            ->type_name("BYTES")
            ->check(CLI::Range(65536, 67108864))
            ->capture_default_str(),
        "chunk_size");
    parser.setting(
        app.add_option("--spool", request.fetch.spool_limit,
                       "disk space for layers that wait to be unpacked; 0: unpack while downloading, one at a time")
            ->type_name("SIZE")
            ->transform(CLI::AsSizeValue(false))
            ->default_str("2G"),
        "spool");
    app.add_flag("--force", request.force, "fetch everything anew: use nothing that an interrupted run left behind");
    app.add_flag("--dry-run", request.dry_run, "look the image up, print the plan and the size, write nothing");
    parser.setting(app.add_flag("--json", out.json, "print results as JSON lines"), "json");
    parser.setting(app.add_flag("--quiet", out.quiet, "print nothing but results, warnings and errors"), "quiet");
    parser.setting(app.add_flag("--no-progress", out.no_progress, "plain lines instead of bars"), "no_progress");
    AccessOptions access(parser, request, out.plugin_dirs, out.debug);

    out.help = parser.parse(std::move(arguments));
    if (!out.help.empty()) return out;
    access.finish();
    if (!from.empty()) add_images_of(from, access.password_stdin(), request.images);
    if (request.images.empty())
        throw Error(Kind::usage, "no image named",
                    "for example: ferry nginx:1.21 -o ./images; `ferry --help` shows all options");
    if (request.name == "-" && out.json)
        throw Error(Kind::usage, "--name - and --json would both write to standard output");
    request.fetch.workers = parse_workers(workers);
    request.fetch.chunk = static_cast<std::uint64_t>(chunk_size);
    return out;
}

LookArguments parse_look(const std::string &command, std::vector<std::string> arguments) {
    LookArguments out;
    const bool inspect = command == "inspect", search = command == "search";
    Parser parser(inspect  ? "Shows what an image is without downloading it: platforms, sizes, digests, date, config."
                  : search ? "Searches a registry for repositories; without a text, lists all that it shows."
                           : "Lists the tags of a repository.",
                  "ferry " + command);
    CLI::App &app = parser.app;
    app.add_option(search ? "TEXT" : "IMAGE", out.name,
                   search    ? "part of a name; in Harbor also PROJECT/ or PROJECT/TEXT"
                   : inspect ? "[registry/]repository[:tag][@digest]"
                             : "[registry/]repository")
        ->type_name("");
    if (inspect) {
        app.add_option("-a,--arch", out.platform, "the platform whose config is shown, or all")->type_name("ARCH");
        app.add_flag("--raw", out.raw, "the manifest or index, byte by byte as the registry sends it");
    } else {
        out.limit = search ? 25 : 1000;
        app.add_option("--limit", out.limit, "the most that is listed; 0 for all")
            ->type_name("N")
            ->capture_default_str();
    }
    app.add_flag("--json", out.json, inspect ? "print one JSON object" : "print a JSON object a line");
    AccessOptions access(parser, out.access, out.plugin_dirs, out.debug);
    out.help = parser.parse(std::move(arguments));
    if (!out.help.empty()) return out;
    access.finish();
    if (out.name.empty() && !search)
        throw Error(Kind::usage, "no image named", "for example: ferry " + command + " nginx:1.21");
    if (out.raw && out.json) throw Error(Kind::usage, "--raw and --json exclude each other");
    return out;
}

CleanArguments parse_clean(std::vector<std::string> arguments) {
    CleanArguments out;
    Parser parser("Removes what unfinished pulls left behind in a folder: .part files, their journals and spools.",
                  "ferry clean");
    parser.app.add_option("DIR", out.folders, "folders to clean (default: ./output)")->type_name("");
    out.help = parser.parse(std::move(arguments));
    if (out.folders.empty()) out.folders = {core::PullRequest().output};
    return out;
}

PluginsArguments parse_plugins(std::vector<std::string> arguments) {
    PluginsArguments out;
    Parser parser("Shows the plugins that ferry finds, and the options of one.", "ferry plugins");
    parser.app.add_option("COMMAND", out.command, "list (default) or show")->type_name("");
    parser.app.add_option("ID", out.id, "of the plugin to show")->type_name("");
    parser.app.add_option("--plugin-dir", out.plugin_dirs, "a folder with plugins, searched first (repeatable)")
        ->type_name("DIR")
        ->allow_extra_args(false);
    parser.app.add_flag("--json", out.json, "print JSON lines");
    out.help = parser.parse(std::move(arguments));
    if (!out.help.empty()) return out;
    if (out.command != "list" && out.command != "show")
        throw Error(Kind::usage, "there is no `ferry plugins " + out.command + "`", "use list or show ID");
    if ((out.command == "show") == out.id.empty())
        throw Error(Kind::usage,
                    out.id.empty() ? "ferry plugins show needs the id of a plugin" : "ferry plugins list takes no id");
    return out;
}

} // namespace ferry::cli
