#include "cli/commands/inspect.h"

#include "cli/commands/common_options.h"
#include "cli/commands/registry_query.h"
#include "cli/language/language.h"
#include "cli/show/json.h"
#include "cli/show/message.h"
#include "cli/show/output.h"
#include "core/base/json.h"
#include "core/base/size.h"
#include "core/base/tame.h"
#include "core/registry/inspection.h"

#include <ferry/kit/dates.hpp>

#include <algorithm>

namespace ferry::cli {

namespace {

using core::human_size;
using core::InspectedImage;
using core::Inspection;
using core::tame;

std::string span_text(std::int64_t seconds) {
    if (seconds % 3600 == 0) return tr("{} hours", seconds / 3600);
    return tr("{} minutes", (seconds + 59) / 60);
}

void print_words(const core::Json &config, const char *key) {
    const auto words = config.find(key);
    if (!words) return;
    std::vector<std::string> texts;
    for (const core::Json &word : words->items()) texts.push_back(tame(word.string()));
    kit::JsonWriter list;
    print_line(std::string("    ") + key + ": " + write_strings(list, texts).text());
}

// The members of what Go keeps as a set: {"80/tcp": {}}.
void print_set(const core::Json &config, const char *key) {
    if (const auto set = config.find(key))
        for (const auto &entry : set->entries()) print_line(std::string("    ") + key + ": " + tame(entry.first));
}

void print_labels(const core::Json &config) {
    if (const auto labels = config.find("Labels"))
        for (const auto &[name, label] : labels->entries())
            print_line("    Label: " + tame(name) + "=" + tame(label.is_null() ? "" : label.string()));
}

void print_config(const InspectedImage &image) {
    print_line("  " + tr("config {}", image.config.digest));
    const auto config = core::Json::parse(image.config_json, "the config").find("config");
    if (!config) return;
    for (const char *key : {"User", "WorkingDir", "StopSignal"})
        if (const std::string value = config->string(key); !value.empty())
            print_line(std::string("    ") + key + ": " + tame(value));
    for (const char *key : {"Entrypoint", "Cmd"}) print_words(*config, key);
    if (const auto variables = config->find("Env"))
        for (const core::Json &variable : variables->items()) print_line("    Env: " + tame(variable.string()));
    for (const char *key : {"ExposedPorts", "Volumes"}) print_set(*config, key);
    print_labels(*config);
}

std::string platform_text(const InspectedImage &image) {
    return image.platform == core::Platform{} ? tr("(no platform)") : tame(image.platform.str());
}

void print_head(const Inspection &found) {
    print_line(found.reference.str());
    print_line("  " + tr("from {}", found.host));
    print_line("  " + tr("digest {}", found.top.digest));
    if (!found.top.media_type.empty()) print_line("  " + tr("type {}", tame(found.top.media_type)));
}

void print_limit(const core::PullLimit &limit) {
    if (limit.limit >= 0 && limit.remaining >= 0 && limit.window_s)
        print_line("  " +
                   tr("pull limit: {} of {} left, in any {}", limit.remaining, limit.limit, span_text(limit.window_s)));
    else if (limit.remaining >= 0)
        print_line("  " + tr("pull limit: {} left", limit.remaining));
    else if (limit.limit >= 0)
        print_line("  " + tr("pull limit: {}", limit.limit));
}

void print_platform(const InspectedImage &image) {
    std::string line = platform_text(image) + "  " + image.manifest.digest;
    if (image.detailed) {
        line += "  " + human_size(image.size) + ", " + tr("{} layers", image.layers.size());
        if (image.created) line += ", " + tr("created {}", kit::date_text(image.created));
    }
    print_line(line);
    if (image.problem) print_line("  " + tame(tr(image.problem->message)));
}

void print_details(const InspectedImage &image) {
    print_line(platform_text(image));
    print_config(image);
    for (const core::Descriptor &layer : image.layers)
        print_line("  " + tr("layer {}", layer.digest) + "  " + human_size(layer.size) +
                   (layer.urls.empty() ? "" : "  " + tr("(foreign: {})", tame(layer.urls.front()))));
}

void print_inspection(const Inspection &found) {
    print_head(found);
    print_limit(found.limit);
    for (const InspectedImage &image : found.images) print_platform(image);
    const auto brief = [](const InspectedImage &image) { return !image.detailed && !image.problem; };
    if (std::any_of(found.images.begin(), found.images.end(), brief))
        show_line("ferry: " + tr("-a all shows the sizes of all platforms (each counts as a pull)"));
    if (!found.images.empty() && found.images[found.chosen].detailed) print_details(found.images[found.chosen]);
}

void write_layer(kit::JsonWriter &out, const core::Descriptor &layer) {
    out.begin_object().member("digest", layer.digest).name("size").natural(layer.size);
    out.member("mediaType", layer.media_type).end_object();
}

void write_image(kit::JsonWriter &out, const InspectedImage &image) {
    out.begin_object().member("platform", image.platform == core::Platform{} ? "" : image.platform.str());
    out.member("digest", image.manifest.digest).member("mediaType", image.manifest.media_type);
    if (image.problem) out.member("error", tr(image.problem->message));
    if (image.detailed) {
        out.name("size").natural(image.size).name("created");
        write_date(out, image.created).member("configDigest", image.config.digest).name("layers").begin_array();
        for (const core::Descriptor &layer : image.layers) write_layer(out, layer);
        // On one line and in valid UTF-8, whatever its publisher wrote; all members in their order.
        out.end_array().name("config").value(kit::Json::parse(image.config_json));
    }
    out.end_object();
}

std::string to_json(const Inspection &found) {
    kit::JsonWriter out;
    out.begin_object().member("image", found.reference.str()).member("host", found.host);
    out.member("digest", found.top.digest).member("mediaType", found.top.media_type);
    out.name("pullLimit").begin_object().name("limit");
    write_known(out, found.limit.limit).name("remaining");
    write_known(out, found.limit.remaining).name("windowSeconds");
    write_known(out, found.limit.window_s ? found.limit.window_s : -1).end_object().name("platforms").begin_array();
    for (const InspectedImage &image : found.images) write_image(out, image);
    return out.end_array().end_object().text();
}

// Of what platform the config is shown: `all` for details of all.
struct WantedPlatform {
    std::optional<core::Platform> one;
    bool all = false;
};

WantedPlatform wanted_platform(const std::string &text) {
    if (text == "all") return {std::nullopt, true};
    return {text.empty() ? std::nullopt : std::optional(core::parse_platform(text)), false};
}

int run_inspect(const Program &, const Values &values) {
    RegistryQuery query = registry_query(values, "IMAGE");
    need_image(query, "inspect");
    const bool raw = values.flag("--raw"), json = query.json;
    if (raw && json) throw core::Error(core::Kind::usage, say("--raw and --json exclude each other"));
    const core::Reference typed = core::parse_reference(query.name, query.access.registry);
    const WantedPlatform wanted = wanted_platform(values.text("--arch"));
    run_query(std::move(query), values, typed, [&](const core::Operation &operation, core::Access &access) {
        const Inspection found =
            access.resolve(operation, typed, [&](const std::shared_ptr<core::Repository> &repository) {
                return raw ? core::inspect_raw(operation, *repository)
                           : core::inspect_image(operation, *repository, wanted.one, wanted.all);
            });
        if (raw) return write_out(found.top_json.data(), found.top_json.size());
        if (json) return print_line(to_json(found));
        print_inspection(found);
    });
    return 0;
}

} // namespace

Command inspect_command() {
    return {"inspect",
            "inspect IMAGE [options]",
            later("Shows what an image is without downloading it: platforms, sizes, digests, date, config."),
            {{"IMAGE", later("[registry/]repository[:tag][@digest]"), Complete::image}},
            query_groups(
                {{"-a,--arch", "ARCH", "", "", later("the platform whose config is shown, or all"), Complete::platform},
                 {"--raw", "", "", "", later("the manifest or index, byte by byte as the registry sends it")},
                 result_json_option(later("print one JSON object"))}),
            run_inspect};
}

} // namespace ferry::cli
