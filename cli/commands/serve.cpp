#include "cli/commands/serve.h"

#include "cli/commands/common_options.h"
#include "cli/commands/login.h"
#include "cli/serve/users.h"
#include "cli/show/output.h"
#include "core/base/error.h"
#include "core/os/signals.h"

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

std::string folder_of(const Values &values) {
    if (!values.has("DIR")) return values.text("--output");
    // Only on the line: a variable or the settings may name another folder for pulls.
    if (values.typed("--output"))
        throw Error(Kind::usage,
                    say("the folder is named twice: {} and -o {}", values.text("DIR"), values.text("--output")));
    return values.text("DIR");
}

int run_serve_command(const Program &, const Values &values) {
    const core::Signals signals;
    ServeArguments arguments = serve_arguments(values);
    const core::Credentials user = credentials(values, signals.token());
    if (!user.username.empty()) arguments.secrets[user.username] = user.secret;
    return run_serve(arguments, signals.token(), print_result);
}

} // namespace

ServeArguments serve_arguments(const Values &values) {
    ServeArguments out;
    out.folder = folder_of(values);
    out.rules.most_connections = values.number("--max-connections");
    out.rules.most_per_client = values.number("--max-per-client");
    out.listen = values.text("--listen");
    out.tls_certificate = values.text("--tls-cert");
    out.tls_key = values.text("--tls-key");
    out.quiet = values.flag("--quiet");
    if (out.tls_certificate.empty() != out.tls_key.empty())
        throw Error(Kind::usage, say("--tls-cert and --tls-key belong together"));
    if (values.has("--htpasswd")) out.hashes = Users::read_htpasswd(values.text("--htpasswd"));
    return out;
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
           {"-l,--listen", "HOST:PORT", "", "127.0.0.1:5000",
            later("address to listen on, or :PORT for all addresses")},
           {"--tls-cert", "FILE", "", "", later("a PEM file with the server's certificate and its chain"),
            Complete::file},
           {"--tls-key", "FILE", "", "", later("a PEM file with its key"), Complete::file},
           {"--htpasswd", "FILE", "", "", later("users who may pull: a file written by htpasswd -B"), Complete::file},
           {"-u,--username", "NAME", "", "", later("a user who may pull")},
           {"--password-stdin", "", "", "",
            later("read that user's password from standard input (or set FERRY_PASSWORD)")},
           {"--max-connections", "N", "", "4096", later("connections at once; further clients are told to come again"),
            Complete::nothing, false, 1, 1000000},
           {"--max-per-client", "N", "", "1024",
            later("connections from one address; 0 for no limit; this machine itself is not limited"),
            Complete::nothing, false, 0, 1000000},
           {"--quiet", "", "", "", later("print no line for each request")},
           language_option,
           help_option}}},
        run_serve_command};
}

} // namespace ferry::cli
