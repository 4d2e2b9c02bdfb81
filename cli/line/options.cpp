#include "cli/line/options.h"

#include "cli/line/settings.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <stdexcept>

namespace ferry::cli {

namespace {

const Option language_option = {
    "--lang", "zh|en", "lang", "", later("language of all texts; by default that of the locale"), Complete::language};
const Option help_option = {"-h,--help", "", "", "", later("print this help and exit")};
const Option plugin_dir_option = {"--plugin-dir",   "DIR", "", "", later("a folder with plugins, searched first"),
                                  Complete::folder, true};
const Option json_option = {"--json", "", "json", "",
                            later("results as JSON lines on standard output, and what happens as "
                                  "JSON lines on standard error")};

const Option registry_option = {"-r,--registry", "HOST", "registry", "registry-1.docker.io",
                                later("registry of names that carry none: [http://]host[:port]")};
const Option debug_option = {"--debug", "", "debug", "", later("debug log, in docker_pull.log and on standard error")};
const Option config_option = {
    "--config", "FILE", "", "$XDG_CONFIG_HOME/ferry/ferry.properties", later("settings file"), Complete::file};

// The groups of every command that talks to registries.
Group network(bool downloads) {
    Group group = {
        later("Network"),
        {{"--mirror", "HOST", "mirrors", "", later("a mirror, asked first: [REGISTRY=][http://]host[:port][/prefix]"),
          Complete::nothing, true},
         {"--proxy", "URL", "proxy", "",
          later("proxy for http and https: [http://][user:password@]host:port; https://, socks5:// (resolves names "
                "here) and socks5h:// (there) too")},
         {"--no-proxy", "LIST", "no_proxy", "", later("hosts that are reached without the proxy")},
         {"--registry-proxy", "LIST", "registry_proxy", "",
          later("proxies of single servers: HOST[:PORT]=URL or HOST[:PORT]=direct, separated by commas")},
         {"--private-redirects", "", "private_redirects", "",
          later("let a public registry lead to hosts in a private network: by redirects, token services, URLs of "
                "layers")},
         {"--limit-rate", "RATE", "limit_rate", "",
          later("bytes a second for all connections together: 500K, 5M, 1.5G; puts throttle on top of the transports")},
         {"--timeout", "SECONDS", "timeout", "60", later("seconds without a byte after which a connection is given up"),
          Complete::nothing, false, 1, 86400},
         {"--request-timeout", "SECONDS", "request_timeout", "300",
          later("seconds for all of a manifest, config or token, and for the head of any answer; 0 for any time"),
          Complete::nothing, false, 0, 86400},
         {"--min-rate", "RATE", "min_rate", "1K",
          later("bytes a second that a connection must bring over a minute, or it is given up; 0 for any; none under "
                "--limit-rate")},
         {"--retries", "N", "max_retries", "5", later("tries after the first"), Complete::nothing, false, 0, 1000},
         {"--retry-delay", "SECONDS", "retry_delay", "10",
          later("ceiling of the delay between tries; it starts at 1 second and doubles"), Complete::nothing, false, 0,
          3600}}};
    if (downloads)
        group.options.insert(group.options.begin(), {"-j,--workers", "N", "workers", "auto",
                                                     later("connections: 1 to 64, or auto to find how many pay")});
    return group;
}

Group login() {
    return {later("Login and certificates"),
            {{"-u,--username", "NAME", "username", "", later("user name at the registry")},
             {"--password-stdin", "", "", "", later("read the password from standard input (or set FERRY_PASSWORD)")},
             {"--insecure", "", "insecure", "",
              later("do not verify TLS certificates (tests only): --insecure for all servers, --insecure=HOST[:PORT] "
                    "for one"),
              Complete::nothing, true, 0, 0, true},
             {"--ca-cert", "FILE", "ca_cert", "",
              later("a PEM file (or folder) of certificates to trust besides the system's"), Complete::file},
             {"--client-cert", "FILE", "client_cert", "", later("a PEM file with the client's certificate"),
              Complete::file},
             {"--client-key", "FILE", "client_key", "", later("a PEM file with its key"), Complete::file},
             {"--certs-dir", "DIR", "certs_dir", "",
              later("folder with HOST[:PORT]/*.crt, *.cert and *.key, as /etc/docker/certs.d, which it replaces"),
              Complete::folder},
             {"--min-tls", "VERSION", "min_tls", "1.2", later("the lowest version of TLS: 1.2 or 1.3")}}};
}

Group plugins() {
    return {later("Plugins"),
            {{"--backend", "ID", "backend", "auto", later("registry plugin: dockerhub, harbor, v2, auto"),
              Complete::backend},
             {"--transport", "ID[,ID]", "transport", "auto",
              later("transport plugins from the top down: direct, proxy, throttle (on top of another, as in "
                    "throttle,proxy), auto"),
              Complete::transport},
             {"--opt", "PLUGIN.KEY=VALUE", "", "", later("an option of a plugin (ferry plugins show ID lists them)"),
              Complete::nothing, true},
             plugin_dir_option}};
}

Command pull_command() {
    return {
        "pull",
        "[pull] IMAGE... [options]",
        later(
            "Downloads container images without Docker and packs each into an archive for docker load, podman load or "
            "a Synology NAS."),
        {{"IMAGE",
          later("[registry/]repository[:tag][@digest], several allowed; without one, on a terminal, ferry asks"),
          Complete::image, true}},
        {
            {later("Image"),
             {{"-a,--arch", "ARCH", "arch", "amd64",
               later("platform: amd64, arm64, arm/v7, linux/arm64/v8, x86_64 and so on, or all (-f oci)"),
               Complete::platform},
              registry_option,
              {"--from", "FILE", "", "",
               later("a file with image names, one a line, # begins a comment; - reads standard "
                     "input"),
               Complete::file},
              {"--tag", "NAME[:TAG]", "", "", later("what the archive calls the image")}}},
            {later("Archive"),
             {{"-o,--output", "DIR", "output", "./output",
               later("folder for the archive and docker_pull.log; made if it is missing"), Complete::folder},
              {"-f,--format", "ID", "format", "synology",
               later("packer: synology (imports everywhere), docker (smallest, fastest), oci (unchanged, all "
                     "platforms), or a plugin's id"),
               Complete::format},
              {"--name", "FILE", "", "", later("name of the archive; - writes it to standard output"), Complete::file},
              {"--dry-run", "", "", "", later("look the image up, print the plan and the size, write nothing")},
              {"--force", "", "", "", later("fetch everything anew: use nothing that an interrupted run left behind")},
              {"--spool", "SIZE", "spool", "2G",
               later("disk space for layers that wait to be unpacked; 0: unpack while downloading, one at a time")},
              {"--chunk-size", "BYTES", "chunk_size", "524288",
               later("bytes that are checked, and fetched again when damaged, as one"), Complete::nothing, false, 65536,
               67108864}}},
            network(true),
            login(),
            plugins(),
            {later("Display and settings"),
             {json_option,
              {"--quiet", "", "quiet", "", later("print nothing but results, warnings and errors")},
              {"--no-progress", "", "no_progress", "", later("plain lines instead of bars")},
              debug_option,
              language_option,
              config_option,
              help_option,
              {"-V,--version", "", "", "", later("print the version and exit")}}},
        }};
}

// What inspect, tags and search have besides their own options.
std::vector<Group> look_groups(std::vector<Option> own) {
    own.push_back(registry_option);
    Option debug = debug_option; // there is no archive, and so no log beside it
    debug.help = later("debug log on standard error");
    return {{later("Options"), std::move(own)},
            network(false),
            login(),
            plugins(),
            {later("Display and settings"), {debug, language_option, config_option, help_option}}};
}

Option limit_option(const char *fallback) {
    return {"--limit",         "N",   "", fallback, later("the most that is listed; 0 for all"),
            Complete::nothing, false, 0,  1000000};
}

// --json of a command that has results alone: no setting, which would be that of a pull.
Option result_json(const char *help) {
    Option json = json_option;
    json.key = "";
    json.help = help;
    return json;
}

Command inspect_command() {
    return {"inspect",
            "inspect IMAGE [options]",
            later("Shows what an image is without downloading it: platforms, sizes, digests, date, config."),
            {{"IMAGE", later("[registry/]repository[:tag][@digest]"), Complete::image}},
            look_groups(
                {{"-a,--arch", "ARCH", "", "", later("the platform whose config is shown, or all"), Complete::platform},
                 {"--raw", "", "", "", later("the manifest or index, byte by byte as the registry sends it")},
                 result_json(later("print one JSON object"))})};
}

Command tags_command() {
    return {"tags",
            "tags IMAGE [options]",
            later("Lists the tags of a repository."),
            {{"IMAGE", later("[registry/]repository"), Complete::image}},
            look_groups({limit_option("1000"), result_json(later("print a JSON object a line"))})};
}

Command search_command() {
    return {"search",
            "search [TEXT] [options]",
            later("Searches a registry for repositories; without a text, lists all that it shows."),
            {{"TEXT", later("part of a name; in Harbor also PROJECT/ or PROJECT/TEXT")}},
            look_groups({limit_option("25"), result_json(later("print a JSON object a line"))})};
}

Command serve_command() {
    return {
        "serve",
        "serve [DIR] [options]",
        later("Offers the archives (*.tar) in a folder as a read-only registry, from which docker, podman, skopeo "
              "and ferry pull; nothing is unpacked."),
        {{"DIR", later("folder with the archives, ./output where none is named"), Complete::folder}},
        {{later("Options"),
          {{"-o,--output", "DIR", "output", "./output", later("the same folder, named as for a pull"),
            Complete::folder},
           {"-l,--listen", "HOST:PORT", "", "127.0.0.1:5000", later("address, or :PORT for all addresses")},
           {"--tls-cert", "FILE", "", "", later("a PEM file with the server's certificate and its chain"),
            Complete::file},
           {"--tls-key", "FILE", "", "", later("a PEM file with its key"), Complete::file},
           {"--htpasswd", "FILE", "", "", later("users that may pull: a file written by htpasswd -B"), Complete::file},
           {"-u,--username", "NAME", "", "", later("one user that may pull")},
           {"--password-stdin", "", "", "",
            later("read that user's password from standard input (or set FERRY_PASSWORD)")},
           {"--max-connections", "N", "", "4096",
            later("connections at once; clients that find no room are told to come again"), Complete::nothing, false, 1,
            1000000},
           {"--max-per-client", "N", "", "1024",
            later("connections from one address, 0 for no such limit; this machine has none"), Complete::nothing, false,
            0, 1000000},
           {"--quiet", "", "", "", later("print no line for each request")},
           language_option,
           help_option}}}};
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
               help_option}}}};
}

Command clean_command() {
    return {
        "clean",
        "clean [DIR...] [options]",
        later("Removes what unfinished pulls left behind in a folder: .part files, their journals and spools."),
        {{"DIR", later("folders to clean; without one, that of -o"), Complete::folder, true}},
        {{later("Options"),
          {{"-o,--output", "DIR", "output", "./output", later("folder to clean, as that of a pull"), Complete::folder},
           language_option,
           config_option,
           help_option}}}};
}

Command plugins_command() {
    return {"plugins",
            "plugins [list | show ID] [options]",
            later("Shows the plugins that ferry finds, and the options of one."),
            {{"COMMAND", later("list (default) or show"), Complete::nothing, false, {"list", "show"}},
             {"ID", later("id of the plugin to show"), Complete::plugin}},
            {{later("Options"),
              {plugin_dir_option, result_json(later("print JSON lines")), language_option, help_option}}}};
}

} // namespace

const std::vector<Command> &commands() {
    static const std::vector<Command> all = {pull_command(),  inspect_command(), tags_command(),  search_command(),
                                             serve_command(), demo_command(),    clean_command(), plugins_command()};
    return all;
}

const Command &command(const std::string &name) {
    for (const Command &one : commands())
        if (name == one.name) return one;
    throw std::out_of_range("no command " + name);
}

bool is_command(const std::string &word) {
    return std::any_of(commands().begin(), commands().end(), [&](const Command &one) { return word == one.name; });
}

const std::vector<ExitCode> &exit_codes() {
    static const std::vector<ExitCode> all = {
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
        {130, later("interrupted; the same command goes on")},
    };
    return all;
}

const std::vector<Example> &examples() {
    static const std::vector<Example> all = {
        {"ferry nginx:1.21", later("writes ./output/nginx_1.21_amd64.tar")},
        {"ferry debian -a arm64 -o ./images", later("another platform, another folder")},
        {"ferry app:2 -r registry.corp.example -u me", later("another registry, with a login")},
        {"ferry nginx redis --name both.tar", later("two images in one archive")},
        {"ferry nginx --name - | ssh nas docker load", later("straight to another machine")},
    };
    return all;
}

std::vector<std::string> names_of(const Option &option) {
    return split_list(option.names);
}

std::string long_name(const Option &option) {
    return names_of(option).back();
}

std::string variable_of(const Option &option) {
    std::string name = option.key;
    if (name.empty()) return name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    return "FERRY_" + name;
}

std::vector<std::string> fixed_words(Complete complete) {
    if (complete == Complete::language) return {"en", "zh"};
    if (complete == Complete::platform)
        return {"amd64",   "arm64", "arm/v7",  "arm/v6",      "386",
                "ppc64le", "s390x", "riscv64", "linux/amd64", "linux/arm64/v8"};
    if (complete == Complete::backend || complete == Complete::transport) return {"auto"};
    return {};
}

} // namespace ferry::cli
