#include "cli/commands.h"

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/system.h"
#include "core/pack/part.h"

#include <ferry/ferry.hpp>

#include <cstdio>
#include <unistd.h>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

// Whole and verified, the archive goes to standard output.
void stream_out(const std::string &path) {
    struct Removal {
        const std::string &path;
        ~Removal() { ::unlink(path.c_str()); }
    } const removal{path};
    const auto file = core::real_disk().open(path, false);
    std::vector<char> buffer(256 << 10);
    std::uint64_t at = 0;
    while (const std::size_t got = file->read_at(at, buffer.data(), buffer.size())) {
        write_out(buffer.data(), got);
        at += got;
    }
}

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
    if (dry_run) out += ",\"entries\":" + json_list(quoted(archive.entries));
    return out + "}";
}

void print_plan(const core::PulledArchive &archive) {
    for (const core::PackedImage &image : archive.images)
        print_line(image.name + " " + image.platform + ", manifest " + image.manifest + ", config " + image.config);
    for (const core::PackedImage &image : archive.images)
        for (const core::Layer &layer : image.layers)
            print_line("  layer " + layer.blob.digest + " " + human_size(layer.blob.size));
    print_line("would write " + archive.path + " (" + archive.format + "): " + std::to_string(archive.entries.size()) +
               " entries, " + (archive.exact ? "" : "at least ") + human_size(archive.size) + "; " +
               human_size(archive.transfer) + " to fetch");
    for (const std::string &entry : archive.entries) print_line("  " + entry);
}

} // namespace

int report(const Error &error) {
    std::string text = "ferry: error: " + error.message + "\n";
    if (!error.remedy.empty()) text += "  -> " + error.remedy + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    return static_cast<int>(error.kind);
}

int run_pull(PullArguments arguments, std::stop_token stop) {
    core::PullRequest &request = arguments.request;
    const bool to_stdout = request.name == "-";
    DisplayKind kind = arguments.quiet ? DisplayKind::none : DisplayKind::plain;
    const bool dumb = variable("TERM").empty() || variable("TERM") == "dumb";
    if (kind == DisplayKind::plain && !arguments.no_progress && !arguments.debug && !dumb && is_terminal(STDERR_FILENO))
        kind = DisplayKind::bars;
    const std::unique_ptr<Display> display = make_display(kind);
    Session session(request, arguments.debug,
                    [&](std::string_view text) { display->line("ferry: warning: " + std::string(text)); });
    core::Log &log = session.log;
    const core::Insecure insecure = request.insecure;
    const bool dry_run = request.dry_run;
    const bool quiet = arguments.quiet;
    const std::string output = request.output;
    const bool debug = arguments.debug;
    try {
        const core::Catalog catalog = catalog_of(arguments.plugin_dirs);
        core::Pull pull(std::move(request), catalog, core::real_disk(),
                        *display); // refuses bad input before it touches the disk
        if (!dry_run) {
            core::real_disk().make_folder(output);
            log.open_file(output + "/docker_pull.log", debug ? core::Level::debug : core::Level::info);
        }
        session.warn_if(insecure);
        const core::Operation operation(std::move(stop), log);
        pull.run(operation, [&](const core::PulledArchive &archive) {
            if (to_stdout && !dry_run) return stream_out(archive.path);
            if (arguments.json) return print_line(to_json(archive, dry_run));
            if (dry_run) return print_plan(archive);
            print_line(archive.path);
            if (!quiet) {
                std::string names;
                for (const core::PackedImage &image : archive.images)
                    for (const std::string &name : image.names) names += (names.empty() ? "" : ", ") + name;
                display->line((names.empty() ? archive.images.front().name : names) + " (" +
                              archive.images.front().platform + "), " + human_size(archive.size) +
                              ", verified; load it with: docker load -i " + archive.path);
            }
        });
        return 0;
    } catch (const Error &e) {
        return session.fail(e);
    }
}

int run_clean(const CleanArguments &arguments) {
    for (const std::string &folder : arguments.folders) {
        if (!core::real_disk().exists(folder)) throw Error(Kind::disk, "there is no folder " + folder);
        for (const std::string &path : core::clean_folder(core::real_disk(), folder)) print_line(path);
    }
    return 0;
}

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
                           ",\"refused\":" + ferry::json_string(entry.refused) + "}");
            } else if (!entry.refused.empty()) {
                print_line("refused: " + entry.refused);
            } else {
                std::string interfaces;
                for (const std::string &name : m.interfaces) interfaces += (interfaces.empty() ? "" : ",") + name;
                print_line(m.id + " " + m.version + "  " + interfaces + "  " + m.summary + "  (" + entry.file +
                           (entry.shadowed ? ", shadowed by one found earlier" : "") + ")");
            }
        }
        return 0;
    }
    for (const core::CatalogEntry &entry : catalog.entries()) {
        if (entry.manifest.id != arguments.id || entry.shadowed) continue;
        if (!entry.refused.empty()) throw Error(Kind::plugin, entry.refused, entry.remedy);
        const ferry_plugin &plugin = catalog.load(entry);
        const auto text = [](const char *s) { return std::string(s ? s : ""); };
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
        print_line(text(plugin.id) + " " + text(plugin.version) + ": " + text(plugin.summary));
        if (!text(plugin.vendor).empty()) print_line("vendor:     " + text(plugin.vendor));
        print_line("file:       " + entry.file);
        for (const std::string &name : entry.manifest.interfaces) print_line("interface:  " + name);
        print_line("made for:   plugin interface " + std::to_string(plugin.abi_major) + "." +
                   std::to_string(plugin.abi_minor));
        for (const ferry_option *o = plugin.options; o && o->key; ++o)
            print_line("option:     --opt " + text(plugin.id) + "." + o->key + "=" +
                       (o->fallback ? o->fallback : "...") + "  " + text(o->help));
        return 0;
    }
    throw Error(Kind::plugin, "there is no plugin '" + arguments.id + "'",
                "`ferry plugins list` shows those that there are");
}

} // namespace ferry::cli
