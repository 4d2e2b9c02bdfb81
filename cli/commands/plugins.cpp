#include "cli/commands/plugins.h"

#include "cli/commands/common_options.h"
#include "cli/commands/plugin_catalog.h"
#include "cli/language/language.h"
#include "cli/line/values.h"
#include "cli/show/json.h"
#include "cli/show/message.h"
#include "cli/show/output.h"
#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/base/tame.h"

#include <ferry/plugin.h>

namespace ferry::cli {

namespace {

using core::CatalogEntry;
using core::Error;
using core::Kind;
using core::tame;

std::string joined(const std::vector<std::string> &words, const char *between) {
    std::string out;
    for (const std::string &word : words) out += (out.empty() ? "" : between) + word;
    return out;
}

std::string text_of(const char *text) {
    return text ? text : "";
}

// In the language that is spoken. A catalogue's header is the translation of the empty text.
std::string said(const char *text) {
    return text && *text ? tr(text) : "";
}

std::string entry_json(const CatalogEntry &entry) {
    const core::PluginManifest &manifest = entry.manifest;
    kit::JsonWriter out;
    out.begin_object().member("file", entry.file).member("id", manifest.id).member("version", manifest.version);
    out.name("interfaces");
    write_strings(out, manifest.interfaces).member("summary", manifest.summary).member("vendor", manifest.vendor);
    out.name("shadowed").boolean(entry.shadowed).member("refused", tr(entry.refused));
    return out.end_object().text();
}

std::string entry_line(const CatalogEntry &entry) {
    if (!entry.refused.empty()) return tame(tr("refused: {}", entry.refused));
    const core::PluginManifest &manifest = entry.manifest;
    const std::string place = entry.shadowed ? tr("{}, shadowed by one found earlier", entry.file) : entry.file;
    return tame(manifest.id + " " + manifest.version + "  " + joined(manifest.interfaces, ",") + "  " +
                said(manifest.summary.c_str()) + "  (" + place + ")");
}

void list_plugins(const core::Catalog &catalog, const std::vector<std::string> &plugin_dirs, bool json) {
    for (const CatalogEntry &entry : catalog.entries()) print_line(json ? entry_json(entry) : entry_line(entry));
    if (catalog.entries().empty())
        show_line("ferry: " + tr("there is no plugin in {}", joined(plugin_folders(plugin_dirs), ", ")));
}

// The one that is used under that id.
const CatalogEntry &find_plugin(const core::Catalog &catalog, const std::string &id) {
    std::vector<std::string> ids;
    for (const CatalogEntry &entry : catalog.entries()) {
        if (entry.manifest.id == id && !entry.shadowed) return entry;
        if (!entry.manifest.id.empty()) ids.push_back(entry.manifest.id);
    }
    const std::string meant = core::nearest(id, ids);
    const std::string list = tr("`ferry plugins list` shows those that there are");
    throw Error(Kind::plugin, say("there is no plugin '{}'", id),
                meant.empty() ? list : say("did you mean {}? {}", meant, list));
}

std::string plugin_json(const CatalogEntry &entry, const ferry_plugin &plugin) {
    kit::JsonWriter out;
    out.begin_object().member("id", plugin.id).member("version", text_of(plugin.version)).member("file", entry.file);
    out.name("interfaces");
    write_strings(out, entry.manifest.interfaces).name("options").begin_array();
    for (const ferry_option *option = plugin.options; option && option->key; ++option) {
        out.begin_object().member("key", option->key).name("fallback");
        option->fallback ? out.string(option->fallback) : out.null();
        out.member("help", text_of(option->help)).end_object();
    }
    return out.end_array().end_object().text();
}

std::vector<std::string> plugin_lines(const CatalogEntry &entry, const ferry_plugin &plugin) {
    std::vector<std::string> lines = {text_of(plugin.id) + " " + text_of(plugin.version) + ": " + said(plugin.summary)};
    if (!text_of(plugin.vendor).empty()) lines.push_back(tr("vendor:     {}", plugin.vendor));
    lines.push_back(tr("file:       {}", entry.file));
    for (const std::string &name : entry.manifest.interfaces) lines.push_back(tr("interface:  {}", name));
    lines.push_back(tr("made for:   plugin interface {}.{}", plugin.abi_major, plugin.abi_minor));
    for (const ferry_option *option = plugin.options; option && option->key; ++option)
        lines.push_back(tr("option:     --opt {}.{}={}  {}", plugin.id, option->key,
                           option->fallback ? option->fallback : "...", said(option->help)));
    return lines;
}

void show_plugin(const core::Catalog &catalog, const std::string &id, bool json) {
    const CatalogEntry &entry = find_plugin(catalog, id);
    if (!entry.refused.empty()) throw Error(Kind::plugin, entry.refused, entry.remedy);
    const ferry_plugin &plugin = catalog.load(entry);
    if (json) return print_line(plugin_json(entry, plugin));
    for (const std::string &line : plugin_lines(entry, plugin)) print_line(tame(line));
}

int run_plugins(const Program &, const Values &values) {
    const bool show = values.text("COMMAND") == "show", json = values.flag("--json");
    const std::string id = values.text("ID");
    if (show && id.empty())
        throw Error(Kind::usage, say("ferry plugins show needs the id of a plugin"),
                    say("`ferry plugins list` shows those that there are"));
    if (!show && !id.empty())
        throw Error(Kind::usage, say("ferry plugins list takes no id"), say("ferry plugins show {}", id));
    const std::vector<std::string> plugin_dirs = values.all("--plugin-dir");
    const core::Catalog catalog = plugin_catalog(plugin_dirs);
    if (show)
        show_plugin(catalog, id, json);
    else
        list_plugins(catalog, plugin_dirs, json);
    return 0;
}

} // namespace

Command plugins_command() {
    return {"plugins",
            "plugins [list | show ID] [options]",
            later("Shows the plugins that ferry finds, and the options of one."),
            {{"COMMAND", later("list (default) or show"), Complete::nothing, false, {"list", "show"}},
             {"ID", later("id of the plugin to show"), Complete::plugin}},
            {{later("Options"),
              {plugin_dir_option, result_json_option(later("print JSON lines")), language_option, help_option}}},
            run_plugins};
}

} // namespace ferry::cli
