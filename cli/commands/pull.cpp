#include "cli/commands/pull.h"

#include "cli/commands/common_options.h"
#include "cli/commands/image_list.h"
#include "cli/commands/login.h"
#include "cli/commands/plugin_catalog.h"
#include "cli/commands/pull_report.h"
#include "cli/commands/registry_options.h"
#include "cli/commands/registry_session.h"
#include "cli/commands/version.h"
#include "cli/commands/wizard.h"
#include "cli/line/question.h"
#include "cli/line/value_form.h"
#include "cli/show/display_choice.h"
#include "cli/show/output.h"
#include "cli/show/speed_advice.h"
#include "core/os/append_file.h"
#include "core/os/environment.h"
#include "core/os/signals.h"
#include "core/pack/part.h"

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

int parse_workers(const std::string &text) {
    constexpr int most = 64;
    if (text == "auto") return 0;
    const bool digits = !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == text.npos;
    const int workers = digits ? std::stoi(text) : 0;
    if (workers < 1 || workers > most)
        throw Error(Kind::usage, say("-j takes auto or a number from 1 to {}, not '{}'", most, text));
    return workers;
}

void check_streams(const Values &values) {
    if (values.text("--from") == "-" && values.flag("--password-stdin"))
        throw Error(Kind::usage, say("--from - and --password-stdin would both read standard input"),
                    say("put the list into a file, or the password into the variable FERRY_PASSWORD"));
    if (values.text("--name") == "-" && values.flag("--json"))
        throw Error(Kind::usage, say("--name - and --json would both write to standard output"));
}

core::FetchRules fetch_rules(const Values &values) {
    core::FetchRules rules;
    rules.workers = parse_workers(values.text("--workers"));
    rules.spool_limit = parse_size("--spool", values.text("--spool"));
    rules.chunk = static_cast<std::uint64_t>(values.number("--chunk-size"));
    return rules;
}

// Where the archives and the events of one pull are shown.
class Show {
public:
    explicit Show(const PullArguments &arguments)
        : json_(arguments.json), quiet_(arguments.quiet), dry_run_(arguments.request.dry_run),
          to_output_(arguments.request.name == "-"),
          display_(display_for(arguments.json, arguments.quiet, arguments.no_progress || arguments.debug)) {}

    Display &display() { return *display_; }

    void archive(const core::PulledArchive &made) {
        if (dry_run_) return plan(made);
        if (to_output_) return;
        if (json_) return print_result(archive_json(made, false));
        print_result(made.path);
        if (!quiet_) display_->line(archive_summary(made));
    }

private:
    void plan(const core::PulledArchive &planned) const {
        if (json_) return print_line(archive_json(planned, true));
        for (const std::string &line : plan_lines(planned)) print_line(line);
    }

    const bool json_, quiet_, dry_run_, to_output_;
    const std::unique_ptr<Display> display_;
};

void open_log(core::Log &log, const std::string &folder, bool debug) {
    core::real_disk().make_folder(folder);
    log.add(core::append_to(folder + "/docker_pull.log"), debug ? core::Level::debug : core::Level::info);
}

void pull_within(RegistrySession &session, Show &show, PullArguments arguments, std::stop_token stop) {
    core::PullRequest &request = arguments.request;
    const core::Insecure insecure = request.insecure;
    const bool dry_run = request.dry_run, to_output = request.name == "-";
    const std::string output = request.output;
    SpeedAdvisor advisor(show.display(), request.fetch.workers, !request.mirrors.empty());
    const core::Catalog catalog = plugin_catalog(arguments.plugin_dirs);
    // Refuses bad input before it touches the disk.
    core::Pull job(std::move(request), catalog, core::real_disk(), advisor);
    if (to_output && !dry_run) check_out();
    if (!dry_run) open_log(session.log, output, arguments.debug);
    session.warn_if(insecure);
    job.run(
        core::Operation(std::move(stop), session.log), [&](const core::PulledArchive &made) { show.archive(made); },
        [&](const Error &e) { show.display().failure(session.fail(e)); });
}

// Reads the list of --from. Returns whether somebody is to be asked for an image.
bool take_images(PullArguments &arguments) {
    core::PullRequest &request = arguments.request;
    if (!arguments.list.empty()) request.listed = read_image_list(arguments.list);
    if (!request.images.empty() || !request.listed.empty()) return false;
    if (!arguments.json && can_ask()) return true;
    throw Error(Kind::usage, say("no image is named"),
                say("for example: ferry nginx:1.21 -o ./images; `ferry --help` shows all options"));
}

int run_pull(const Program &, const Values &values) {
    if (values.flag("--version")) return print_version();
    const core::Signals signals;
    PullArguments arguments = pull_arguments(values);
    const bool incomplete = take_images(arguments);
    arguments.request.credentials = credentials(values, signals.token());
    if (incomplete) ask_at_terminal(arguments.request, arguments.plugin_dirs, signals.token());
    return pull(std::move(arguments), signals.token());
}

Group downloading_network_group() {
    Group group = network_group();
    group.options.insert(group.options.begin(),
                         {"-j,--workers", "N", "workers", "auto",
                          later("connections: 1 to 64, or auto: as many as improve throughput")});
    return group;
}

} // namespace

PullArguments pull_arguments(const Values &values) {
    check_streams(values);
    PullArguments out;
    core::PullRequest &request = out.request;
    static_cast<core::AccessRequest &>(request) = access_request(values, core::variable);
    request.images = values.all("IMAGE");
    request.platform = values.text("--arch");
    request.output = values.text("--output");
    request.format = values.text("--format");
    request.name = values.text("--name");
    request.tag = values.text("--tag");
    request.force = values.flag("--force");
    request.dry_run = values.flag("--dry-run");
    request.fetch = fetch_rules(values);
    out.list = values.text("--from");
    out.plugin_dirs = values.all("--plugin-dir");
    out.debug = values.flag("--debug");
    out.json = values.flag("--json");
    out.quiet = values.flag("--quiet");
    out.no_progress = values.flag("--no-progress");
    return out;
}

int pull(PullArguments arguments, std::stop_token stop) {
    Show show(arguments);
    arguments.request.out = write_out;
    RegistrySession session(arguments.request, arguments.debug && !arguments.json,
                            [&](std::string_view text) { show.display().warning(text); });
    try {
        pull_within(session, show, std::move(arguments), std::move(stop));
        return 0;
    } catch (const Error &e) {
        throw session.fail(e);
    }
}

const Option json_option = {"--json", "", "json", "",
                            later("results as JSON lines on standard output, and what happens as "
                                  "JSON lines on standard error")};
const Option debug_option = {"--debug", "", "debug", "", later("debug log, in docker_pull.log and on standard error")};

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
               later("bytes that are verified, and fetched again when damaged, as one unit"), Complete::nothing, false,
               65536, 67108864}}},
            downloading_network_group(),
            login_group(),
            plugins_group(),
            {later("Display and settings"),
             {json_option,
              {"--quiet", "", "quiet", "", later("print nothing but results, warnings and errors")},
              {"--no-progress", "", "no_progress", "", later("plain lines instead of bars")},
              debug_option,
              language_option,
              config_option,
              help_option,
              {"-V,--version", "", "", "", later("print the version and exit")}}},
        },
        run_pull,
        true};
}

} // namespace ferry::cli
