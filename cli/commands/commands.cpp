#include "cli/commands/commands.h"

#include "cli/commands/session.h"
#include "cli/line/language.h"
#include "cli/show/output.h"
#include "cli/show/progress.h"
#include "cli/show/shell.h"
#include "cli/show/slow.h"
#include "core/base/nearest.h"
#include "core/base/size.h"
#include "core/base/tame.h"
#include "core/os/append_file.h"
#include "core/pack/part.h"
#include "core/registry/inspect.h"

#include <ferry/ferry.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <filesystem>

namespace ferry::cli {

namespace {

using core::Error;
using core::human_size;
using core::Kind;
using core::tame;

std::string to_json(const core::PulledArchive &archive, bool dry_run) {
    std::vector<std::string> images;
    for (const core::PackedImage &image : archive.images) {
        std::vector<std::string> layers;
        for (const core::Layer &layer : image.layers)
            layers.push_back("{\"digest\":" + ferry::json_string(layer.blob.digest) +
                             ",\"size\":" + std::to_string(layer.blob.size) +
                             ",\"mediaType\":" + ferry::json_string(layer.blob.media_type) +
                             ",\"diffId\":" + ferry::json_string(layer.diff_id) + "}");
        images.push_back(
            "{\"image\":" + ferry::json_string(image.name) + ",\"platform\":" + ferry::json_string(image.platform) +
            ",\"manifest\":" + ferry::json_string(image.manifest) + ",\"config\":" + ferry::json_string(image.config) +
            ",\"names\":" + json_list(quoted(image.names)) + ",\"layers\":" + json_list(layers) + "}");
    }
    std::string out = std::string("{\"event\":\"") + (dry_run ? "plan" : "archive") +
                      "\",\"path\":" + ferry::json_string(archive.path) +
                      ",\"format\":" + ferry::json_string(archive.format) +
                      ",\"size\":" + std::to_string(archive.size) + ",\"exact\":" + (archive.exact ? "true" : "false") +
                      ",\"transfer\":" + std::to_string(archive.transfer) + ",\"images\":" + json_list(images);
    out += dry_run ? ",\"entries\":" + json_list(quoted(archive.entries))
                   : std::string(",\"diffIdsVerified\":") + (archive.diff_ids_verified ? "true" : "false");
    return out + "}";
}

std::string summary_of(const core::PulledArchive &archive) {
    std::string names;
    for (const core::PackedImage &image : archive.images)
        for (const std::string &name : image.names)
            if ((", " + names + ",").find(", " + name + ",") == std::string::npos)
                names += (names.empty() ? "" : ", ") + name;
    std::string platforms;
    for (const core::PackedImage &image : archive.images)
        if (image.platform.find("unknown") == std::string::npos &&
            (", " + platforms + ",").find(", " + image.platform + ",") == std::string::npos)
            platforms += (platforms.empty() ? "" : ", ") + image.platform;
    const std::string what = tame(names.empty() ? archive.images.front().name : names), where = tame(platforms);
    const std::string size = human_size(archive.size), path = shell_word(archive.path);
    // Docker reads a pure OCI layout with the containerd image store only.
    if (archive.format == "oci")
        return tr("{} ({}), {}, digests verified; load it with: podman load -i {}", what, where, size, path);
    return archive.diff_ids_verified
               ? tr("{} ({}), {}, verified; load it with: docker load -i {}", what, where, size, path)
               : tr("{} ({}), {}, digests verified; load it with: docker load -i {}", what, where, size, path);
}

void print_plan(const core::PulledArchive &archive) {
    for (const core::PackedImage &image : archive.images)
        print_line(tame(tr("{} {}, manifest {}, config {}", image.name, image.platform, image.manifest, image.config)));
    for (const core::PackedImage &image : archive.images)
        for (const core::Layer &layer : image.layers)
            print_line("  " + tr("layer {} {}", layer.blob.digest, human_size(layer.blob.size)));
    const std::string size = human_size(archive.size), transfer = human_size(archive.transfer);
    print_line(archive.exact ? tr("would write {} ({}): {} entries, {}; {} to fetch", archive.path, archive.format,
                                  archive.entries.size(), size, transfer)
                             : tr("would write {} ({}): {} entries, at least {}; {} to fetch", archive.path,
                                  archive.format, archive.entries.size(), size, transfer));
    for (const std::string &entry : archive.entries) print_line("  " + tame(entry));
}

} // namespace

std::vector<std::string> platforms_of(const core::PullRequest &request, const core::Catalog &catalog,
                                      std::stop_token stop) {
    core::AccessRequest asked = request;
    Session session(asked, false, [](std::string_view) {});
    const core::Reference typed = core::parse_reference(request.images.front(), request.registry);
    core::Access access(asked, catalog, {typed});
    const core::Operation operation(std::move(stop), session.log);
    const core::Inspection found =
        access.resolve(operation, typed, [&](const std::shared_ptr<core::Repository> &repository) {
            return core::inspect_image(operation, *repository, std::nullopt, false);
        });
    std::vector<std::string> names;
    for (const core::InspectedImage &image : found.images) {
        if (image.problem || image.platform.argument().empty()) continue; // -a could not ask for it
        if (const std::string name = image.platform.str(); std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    }
    return names;
}

int run_pull(PullArguments arguments, std::stop_token stop) {
    core::PullRequest &request = arguments.request;
    const bool to_stdout = request.name == "-";
    const Surroundings around = surroundings();
    const DisplayKind kind =
        display_kind(arguments.json, arguments.quiet, arguments.no_progress || arguments.debug, around);
    const std::unique_ptr<Display> display = make_display(kind, around.no_color.empty());
    Session session(request, arguments.debug && !arguments.json,
                    [&](std::string_view text) { display->warning(text); });
    core::Log &log = session.log;
    const core::Insecure insecure = request.insecure;
    const bool dry_run = request.dry_run;
    const bool quiet = arguments.quiet;
    SlowWatch watch(*display, request.fetch.workers, !request.mirrors.empty());
    const std::string output = request.output;
    request.out = write_out;
    const bool debug = arguments.debug;
    try {
        const core::Catalog catalog = catalog_of(arguments.plugin_dirs);
        // Refuses bad input before it touches the disk.
        core::Pull pull(std::move(request), catalog, core::real_disk(), watch);
        if (to_stdout && !dry_run) check_out();
        if (!dry_run) {
            core::real_disk().make_folder(output);
            log.add(core::append_to(output + "/docker_pull.log"), debug ? core::Level::debug : core::Level::info);
        }
        session.warn_if(insecure);
        const core::Operation operation(std::move(stop), log);
        pull.run(
            operation,
            [&](const core::PulledArchive &archive) {
                if (dry_run) return arguments.json ? print_line(to_json(archive, true)) : print_plan(archive);
                if (to_stdout) return;
                if (arguments.json) return print_result(to_json(archive, false));
                print_result(archive.path);
                if (!quiet) display->line(summary_of(archive));
            },
            [&](const Error &e) { display->failure(session.fail(e)); });
        return 0;
    } catch (const Error &e) {
        throw session.fail(e);
    }
}

int run_clean(const CleanArguments &arguments) {
    for (const std::string &folder : arguments.folders) {
        if (!core::real_disk().exists(folder)) throw Error(Kind::disk, say("there is no folder {}", folder));
        std::error_code failed;
        const std::filesystem::directory_iterator opened(folder, failed);
        if (failed)
            throw Error(Kind::disk, say("cannot read the folder {}: {}", folder, failed.message()),
                        say("check that it is there, and its permissions"));
        for (const std::string &path : core::clean_folder(core::real_disk(), folder)) print_result(path);
    }
    return 0;
}

namespace {

std::string joined(const std::vector<std::string> &words) {
    std::string out;
    for (const std::string &word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

} // namespace

int run_plugins(const PluginsArguments &arguments) {
    const core::Catalog catalog = catalog_of(arguments.plugin_dirs);
    if (arguments.command == "list") {
        for (const core::CatalogEntry &entry : catalog.entries()) {
            const core::PluginManifest &m = entry.manifest;
            if (arguments.json) {
                print_line("{\"file\":" + ferry::json_string(entry.file) + ",\"id\":" + ferry::json_string(m.id) +
                           ",\"version\":" + ferry::json_string(m.version) + ",\"interfaces\":" +
                           json_list(quoted(m.interfaces)) + ",\"summary\":" + ferry::json_string(m.summary) +
                           ",\"vendor\":" + ferry::json_string(m.vendor) +
                           ",\"shadowed\":" + (entry.shadowed ? "true" : "false") +
                           ",\"refused\":" + ferry::json_string(tr(entry.refused)) + "}");
            } else if (!entry.refused.empty()) {
                print_line(tame(tr("refused: {}", entry.refused)));
            } else {
                std::string interfaces;
                for (const std::string &name : m.interfaces) interfaces += (interfaces.empty() ? "" : ",") + name;
                const std::string summary = m.summary.empty() ? "" : tr(m.summary.c_str());
                print_line(tame(m.id + " " + m.version + "  " + interfaces + "  " + summary + "  (" +
                                (entry.shadowed ? tr("{}, shadowed by one found earlier", entry.file) : entry.file) +
                                ")"));
            }
        }
        if (catalog.entries().empty())
            show_line("ferry: " + tr("there is no plugin in {}", joined(folders_of(arguments.plugin_dirs))));
        return 0;
    }
    for (const core::CatalogEntry &entry : catalog.entries()) {
        if (entry.manifest.id != arguments.id || entry.shadowed) continue;
        if (!entry.refused.empty()) throw Error(Kind::plugin, entry.refused, entry.remedy);
        const ferry_plugin &plugin = catalog.load(entry);
        const auto text = [](const char *s) { return std::string(s ? s : ""); };
        // A catalogue's header is the translation of the empty text.
        const auto said = [](const char *s) { return std::string(s && *s ? tr(s) : ""); };
        if (arguments.json) {
            std::vector<std::string> options;
            for (const ferry_option *o = plugin.options; o && o->key; ++o)
                options.push_back("{\"key\":" + ferry::json_string(o->key) +
                                  ",\"fallback\":" + (o->fallback ? ferry::json_string(o->fallback) : "null") +
                                  ",\"help\":" + ferry::json_string(text(o->help)) + "}");
            print_line("{\"id\":" + ferry::json_string(plugin.id) + ",\"version\":" +
                       ferry::json_string(text(plugin.version)) + ",\"file\":" + ferry::json_string(entry.file) +
                       ",\"interfaces\":" + json_list(quoted(entry.manifest.interfaces)) +
                       ",\"options\":" + json_list(options) + "}");
            return 0;
        }
        const auto show = [](const std::string &line) { print_line(tame(line)); };
        show(text(plugin.id) + " " + text(plugin.version) + ": " + said(plugin.summary));
        if (!text(plugin.vendor).empty()) show(tr("vendor:     {}", plugin.vendor));
        show(tr("file:       {}", entry.file));
        for (const std::string &name : entry.manifest.interfaces) show(tr("interface:  {}", name));
        show(tr("made for:   plugin interface {}.{}", plugin.abi_major, plugin.abi_minor));
        for (const ferry_option *o = plugin.options; o && o->key; ++o)
            show(tr("option:     --opt {}.{}={}  {}", plugin.id, o->key, o->fallback ? o->fallback : "...",
                    said(o->help)));
        return 0;
    }
    std::vector<std::string> ids;
    for (const core::CatalogEntry &entry : catalog.entries())
        if (!entry.manifest.id.empty()) ids.push_back(entry.manifest.id);
    const std::string meant = core::nearest(arguments.id, ids);
    const Text list = say("`ferry plugins list` shows those that there are");
    throw Error(Kind::plugin, say("there is no plugin '{}'", arguments.id),
                meant.empty() ? list : say("did you mean {}? {}", meant, list));
}

} // namespace ferry::cli
