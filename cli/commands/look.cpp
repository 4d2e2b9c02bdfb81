// ferry inspect, ferry tags, ferry search.
#include "cli/commands/commands.h"
#include "cli/commands/session.h"
#include "cli/line/language.h"
#include "cli/show/output.h"
#include "cli/show/progress.h"
#include "core/base/json.h"
#include "core/base/size.h"
#include "core/base/tame.h"
#include "core/registry/inspect.h"
#include "core/registry/listing.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

using core::human_size;
using core::InspectedImage;
using core::Inspection;
using core::tame;

// Runs `body` with what it needs to ask registries for `references`.
template <class Body>
int look(LookArguments &arguments, std::stop_token stop, const std::vector<core::Reference> &references,
         const Body &body) {
    Session session(arguments.access, arguments.debug,
                    [](std::string_view text) { show_line(tr("ferry: warning: {}", tame(text))); });
    try {
        const core::Catalog catalog = catalog_of(arguments.plugin_dirs);
        core::Access access(arguments.access, catalog, references);
        session.warn_if(arguments.access.insecure);
        access.warn_of_options(session.log);
        const core::Operation operation(std::move(stop), session.log);
        body(operation, access);
        return 0;
    } catch (const core::Error &e) {
        throw session.fail(e);
    }
}

void say_cut(bool cut, std::size_t shown) {
    if (cut) show_line("ferry: " + tr("the first {} of them; --limit 0 lists all", shown));
}

std::string span_text(std::int64_t seconds) {
    if (seconds % 3600 == 0) return tr("{} hours", seconds / 3600);
    return tr("{} minutes", (seconds + 59) / 60);
}

void print_config(const InspectedImage &image) {
    print_line("  " + tr("config {}", image.config.digest));
    const auto config = core::Json::parse(image.config_json, "the config").find("config");
    if (!config) return;
    for (const char *key : {"User", "WorkingDir", "StopSignal"})
        if (const std::string value = config->string(key); !value.empty())
            print_line(std::string("    ") + key + ": " + tame(value));
    for (const char *key : {"Entrypoint", "Cmd"}) {
        const auto words = config->find(key);
        if (!words) continue;
        std::vector<std::string> texts;
        for (const core::Json &word : words->items()) texts.push_back(ferry::json_string(tame(word.string())));
        print_line(std::string("    ") + key + ": " + json_list(texts));
    }
    if (const auto variables = config->find("Env"))
        for (const core::Json &variable : variables->items()) print_line("    Env: " + tame(variable.string()));
    for (const char *key : {"ExposedPorts", "Volumes"})
        if (const auto set = config->find(key))
            for (const auto &entry : set->entries()) print_line(std::string("    ") + key + ": " + tame(entry.first));
    if (const auto labels = config->find("Labels"))
        for (const auto &[name, label] : labels->entries())
            print_line("    Label: " + tame(name) + "=" + tame(label.is_null() ? "" : label.string()));
}

std::string platform_text(const InspectedImage &image) {
    return image.platform == core::Platform{} ? tr("(no platform)") : tame(image.platform.str());
}

void print_inspection(const Inspection &found) {
    print_line(found.reference.str());
    print_line("  " + tr("from {}", found.host));
    print_line("  " + tr("digest {}", found.top.digest));
    if (!found.top.media_type.empty()) print_line("  " + tr("type {}", tame(found.top.media_type)));
    const core::PullLimit &limit = found.limit;
    if (limit.limit >= 0 && limit.remaining >= 0 && limit.window_s)
        print_line("  " +
                   tr("pull limit: {} of {} left, in any {}", limit.remaining, limit.limit, span_text(limit.window_s)));
    else if (limit.remaining >= 0)
        print_line("  " + tr("pull limit: {} left", limit.remaining));
    else if (limit.limit >= 0)
        print_line("  " + tr("pull limit: {}", limit.limit));
    bool brief = false;
    for (const InspectedImage &image : found.images) {
        std::string line = platform_text(image) + "  " + image.manifest.digest;
        if (image.detailed) {
            line += "  " + human_size(image.size) + ", " + tr("{} layers", image.layers.size());
            if (image.created) line += ", " + tr("created {}", date_text(image.created));
        }
        brief |= !image.detailed && !image.problem;
        print_line(line);
        if (image.problem) print_line("  " + tame(tr(image.problem->message)));
    }
    if (brief) show_line("ferry: " + tr("-a all shows the sizes of all platforms (each counts as a pull)"));
    if (found.images.empty()) return;
    const InspectedImage &chosen = found.images[found.chosen];
    if (!chosen.detailed) return;
    print_line(platform_text(chosen));
    print_config(chosen);
    for (const core::Descriptor &layer : chosen.layers)
        print_line("  " + tr("layer {}", layer.digest) + "  " + human_size(layer.size) +
                   (layer.urls.empty() ? "" : "  " + tr("(foreign: {})", tame(layer.urls.front()))));
}

// A config on one line and in valid UTF-8, whatever its publisher wrote; all members in their order.
std::string rewritten(const std::string &config_json) {
    return ferry::kit::JsonWriter().value(ferry::kit::Json::parse(config_json)).text();
}

std::string to_json(const InspectedImage &image) {
    std::string out =
        "{\"platform\":" + ferry::json_string(image.platform == core::Platform{} ? "" : image.platform.str()) +
        ",\"digest\":" + ferry::json_string(image.manifest.digest) +
        ",\"mediaType\":" + ferry::json_string(image.manifest.media_type);
    if (image.problem) out += ",\"error\":" + ferry::json_string(tr(image.problem->message));
    if (!image.detailed) return out + "}";
    std::vector<std::string> layers;
    for (const core::Descriptor &layer : image.layers)
        layers.push_back("{\"digest\":" + ferry::json_string(layer.digest) + ",\"size\":" + std::to_string(layer.size) +
                         ",\"mediaType\":" + ferry::json_string(layer.media_type) + "}");
    return out + ",\"size\":" + std::to_string(image.size) +
           ",\"created\":" + (image.created ? ferry::json_string(date_json(image.created)) : "null") +
           ",\"configDigest\":" + ferry::json_string(image.config.digest) + ",\"layers\":" + json_list(layers) +
           ",\"config\":" + rewritten(image.config_json) + "}";
}

std::string to_json(const Inspection &found) {
    std::vector<std::string> images;
    for (const InspectedImage &image : found.images) images.push_back(to_json(image));
    const auto number = [](std::int64_t value) { return value < 0 ? std::string("null") : std::to_string(value); };
    const core::PullLimit &limit = found.limit;
    return "{\"image\":" + ferry::json_string(found.reference.str()) + ",\"host\":" + ferry::json_string(found.host) +
           ",\"digest\":" + ferry::json_string(found.top.digest) +
           ",\"mediaType\":" + ferry::json_string(found.top.media_type) +
           ",\"pullLimit\":{\"limit\":" + number(limit.limit) + ",\"remaining\":" + number(limit.remaining) +
           ",\"windowSeconds\":" + number(limit.window_s ? limit.window_s : -1) +
           "},\"platforms\":" + json_list(images) + "}";
}

std::string to_json(const ferry::Tag &tag) {
    std::vector<std::string> platforms;
    for (std::size_t begin = 0; begin < tag.platforms.size();) {
        const auto end = std::min(tag.platforms.find(' ', begin), tag.platforms.size());
        platforms.push_back(ferry::json_string(tag.platforms.substr(begin, end - begin)));
        begin = end + 1;
    }
    return "{\"tag\":" + ferry::json_string(tag.name) +
           ",\"digest\":" + (tag.digest.empty() ? "null" : ferry::json_string(tag.digest)) +
           ",\"platforms\":" + (platforms.empty() ? "null" : json_list(platforms)) +
           ",\"size\":" + (tag.size < 0 ? "null" : std::to_string(tag.size)) +
           ",\"updated\":" + (tag.updated ? ferry::json_string(date_json(tag.updated)) : "null") + "}";
}

std::string to_json(const ferry::SearchHit &hit) {
    const auto number = [](std::int64_t value) { return value < 0 ? std::string("null") : std::to_string(value); };
    return "{\"name\":" + ferry::json_string(hit.name) + ",\"description\":" + ferry::json_string(hit.description) +
           ",\"official\":" + (hit.official ? "true" : "false") + ",\"stars\":" + number(hit.stars) +
           ",\"pulls\":" + number(hit.pulls) + "}";
}

// The name first, so that `cut -f1` gives names whatever a registry tells besides.
void print(const ferry::Tag &tag) {
    std::string line = tame(tag.name);
    if (tag.updated) line += "\t" + date_text(tag.updated);
    if (tag.size >= 0) line += "\t" + human_size(static_cast<std::uint64_t>(tag.size));
    if (!tag.platforms.empty()) line += "\t" + tame(tag.platforms);
    print_line(line);
}

void print(const ferry::SearchHit &hit) {
    std::string line = tame(hit.name), facts;
    if (hit.official) facts += tr("official");
    if (hit.stars >= 0) facts += (facts.empty() ? "" : ", ") + tr("{} stars", hit.stars);
    if (hit.pulls >= 0) facts += (facts.empty() ? "" : ", ") + tr("{} pulls", hit.pulls);
    if (!facts.empty()) line += "\t" + facts;
    if (!hit.description.empty()) line += "\t" + tame(hit.description);
    print_line(line);
}

template <class Item> void print_all(const core::Listed<Item> &listed, bool json) {
    for (const Item &item : listed.items) {
        if (json)
            print_line(to_json(item));
        else
            print(item);
    }
    say_cut(listed.cut, listed.items.size());
}

} // namespace

int run_inspect(LookArguments arguments, std::stop_token stop) {
    const core::Reference typed = core::parse_reference(arguments.name, arguments.access.registry);
    const bool all = arguments.platform == "all";
    std::optional<core::Platform> wanted;
    if (!all && !arguments.platform.empty()) wanted = core::parse_platform(arguments.platform);
    return look(arguments, std::move(stop), {typed}, [&](const core::Operation &operation, core::Access &access) {
        const Inspection found =
            access.resolve(operation, typed, [&](const std::shared_ptr<core::Repository> &repository) {
                return arguments.raw ? core::inspect_raw(operation, *repository)
                                     : core::inspect_image(operation, *repository, wanted, all);
            });
        if (arguments.raw) return write_out(found.top_json.data(), found.top_json.size());
        if (arguments.json) return print_line(to_json(found));
        print_inspection(found);
    });
}

int run_tags(LookArguments arguments, std::stop_token stop) {
    const core::Reference typed = core::parse_reference(arguments.name, arguments.access.registry);
    return look(arguments, std::move(stop), {typed}, [&](const core::Operation &operation, core::Access &access) {
        print_all(access.resolve(operation, typed,
                                 [&](const std::shared_ptr<core::Repository> &repository) {
                                     return core::list_tags(operation, *repository, arguments.limit);
                                 }),
                  arguments.json);
    });
}

int run_search(LookArguments arguments, std::stop_token stop) {
    // Any name will do: it is the registry that is read and checked.
    const core::Reference registry = core::parse_reference("any", arguments.access.registry);
    return look(arguments, std::move(stop), {registry}, [&](const core::Operation &operation, core::Access &access) {
        print_all(core::search_registry(operation, access, registry.registry, arguments.name, arguments.limit),
                  arguments.json);
    });
}

} // namespace ferry::cli
