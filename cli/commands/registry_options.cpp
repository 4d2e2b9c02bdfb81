#include "cli/commands/registry_options.h"

#include "cli/commands/common_options.h"
#include "cli/line/settings.h"
#include "cli/line/value_form.h"
#include "core/base/error.h"

#include <algorithm>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

using PluginOptions = std::map<std::string, std::map<std::string, std::string>>;

// PLUGIN.KEY=VALUE
PluginOptions plugin_options(const std::vector<std::string> &texts) {
    PluginOptions options;
    for (const std::string &text : texts) {
        const auto dot = text.find('.'), equals = text.find('=');
        if (dot == text.npos || equals == text.npos || dot == 0 || equals < dot + 2)
            throw Error(Kind::usage, say("--opt takes PLUGIN.KEY=VALUE, not '{}'", text.substr(0, equals)));
        options[text.substr(0, dot)][text.substr(dot + 1, equals - dot - 1)] = text.substr(equals + 1);
    }
    return options;
}

std::string certificates(const Values &values, const Environment &environment) {
    std::string file = values.text("--ca-cert");
    for (const char *name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"})
        if (file.empty()) file = environment(name);
    return file;
}

std::string lowest_tls(const Values &values) {
    // The transport checks it, too, but only when a password was asked for and the wizard has put its questions.
    const std::string version = values.text("--min-tls");
    if (!version.empty() && version != "1.2" && version != "1.3")
        throw Error(Kind::usage, say("--min-tls takes 1.2 or 1.3, not '{}'", version));
    return values.has("--min-tls") ? version : "";
}

// What every plugin of a kind may want to know.
std::map<std::string, std::string> shared_options(const Values &values, const core::Insecure &insecure,
                                                  const Environment &environment) {
    std::map<std::string, std::string> shared =
        proxy_settings(values.text("--proxy"), values.text("--no-proxy"), environment);
    shared["registry_proxy"] = values.text("--registry-proxy");
    shared["limit_rate"] = values.text("--limit-rate");
    shared["ca_cert"] = certificates(values, environment);
    shared["client_cert"] = values.text("--client-cert");
    shared["client_key"] = values.text("--client-key");
    shared["certs_dir"] = values.text("--certs-dir");
    shared["min_tls"] = lowest_tls(values);
    for (const std::string &server : insecure.servers)
        shared["insecure_hosts"] += (shared["insecure_hosts"].empty() ? "" : ",") + server;
    if (insecure.everywhere) shared["insecure"] = "yes";
    std::erase_if(shared, [](const auto &option) { return option.second.empty(); });
    return shared;
}

core::ClientRules client_rules(const Values &values) {
    constexpr int longest_connect = 30; // seconds
    core::ClientRules rules;
    rules.redirects.into_private = values.flag("--private-redirects");
    rules.retry.most = values.number("--retries");
    rules.retry.ceiling_ms = values.number("--retry-delay") * 1000;
    rules.stall_timeout_ms = values.number("--timeout") * 1000;
    rules.connect_timeout_ms = std::min(values.number("--timeout"), longest_connect) * 1000;
    // Under a limit of the rate it is slow on purpose.
    const bool limited = !values.text("--limit-rate").empty();
    const std::uint64_t least = parse_size("--min-rate", values.text("--min-rate"));
    rules.total_timeout_ms = limited ? 0 : values.number("--request-timeout") * 1000;
    rules.rate.bytes_per_second = limited ? 0 : least;
    return rules;
}

std::vector<std::string> mirrors(const Values &values) {
    std::vector<std::string> places = values.all("--mirror");
    places.insert(places.end(), values.mirrors.begin(), values.mirrors.end());
    for (std::string &place : places) std::erase(place, ' ');
    return places;
}

} // namespace

Group network_group() {
    return {
        later("Network"),
        {{"--mirror", "HOST", "mirrors", "", later("a mirror, asked first: [REGISTRY=][http://]host[:port][/prefix]"),
          Complete::nothing, true},
         {"--proxy", "URL", "proxy", "",
          later("proxy for http and https: [http://][user:password@]host:port; https://, socks5:// (resolves names "
                "here) and socks5h:// (there) too")},
         {"--no-proxy", "LIST", "no_proxy", "", later("hosts to reach without the proxy")},
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
         {"--retries", "N", "max_retries", "5", later("retries after a failed attempt"), Complete::nothing, false, 0,
          1000},
         {"--retry-delay", "SECONDS", "retry_delay", "10",
          later("ceiling of the delay between tries; it starts at 1 second and doubles"), Complete::nothing, false, 0,
          3600}}};
}

Group login_group() {
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
             {"--min-tls", "VERSION", "min_tls", "1.2", later("the lowest TLS version to accept: 1.2 or 1.3")}}};
}

Group plugins_group() {
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

core::AccessRequest access_request(const Values &values, const Environment &environment) {
    core::AccessRequest request;
    request.registry = values.text("--registry");
    request.mirrors = mirrors(values);
    request.insecure = core::parse_insecure(values.all("--insecure"));
    request.backend = values.text("--backend");
    if (values.text("--transport") != "auto") request.transports = split_list(values.text("--transport"));
    request.client = client_rules(values);
    request.shared_options = shared_options(values, request.insecure, environment);
    request.plugin_options = plugin_options(values.all("--opt"));
    request.usual_options = values.plugin_options;
    request.option_names["registry_proxy"] = "--registry-proxy";
    if (values.has("--proxy")) request.option_names["http_proxy"] = request.option_names["https_proxy"] = "--proxy";
    return request;
}

} // namespace ferry::cli
