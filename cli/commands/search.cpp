#include "cli/commands/search.h"

#include "cli/commands/common_options.h"
#include "cli/commands/registry_query.h"
#include "cli/language/language.h"
#include "cli/show/json.h"
#include "cli/show/output.h"
#include "core/base/tame.h"
#include "core/registry/tags_and_search.h"

namespace ferry::cli {

namespace {

using core::tame;

std::string to_json(const ferry::SearchHit &hit) {
    kit::JsonWriter out;
    out.begin_object().member("name", hit.name).member("description", hit.description);
    out.name("official").boolean(hit.official).name("stars");
    write_known(out, hit.stars).name("pulls");
    return write_known(out, hit.pulls).end_object().text();
}

// The name first, so that `cut -f1` gives names whatever a registry tells besides.
std::string to_line(const ferry::SearchHit &hit) {
    std::string line = tame(hit.name), facts;
    if (hit.official) facts += tr("official");
    if (hit.stars >= 0) facts += (facts.empty() ? "" : ", ") + tr("{} stars", hit.stars);
    if (hit.pulls >= 0) facts += (facts.empty() ? "" : ", ") + tr("{} pulls", hit.pulls);
    if (!facts.empty()) line += "\t" + facts;
    if (!hit.description.empty()) line += "\t" + tame(hit.description);
    return line;
}

int run_search(const Program &, const Values &values) {
    RegistryQuery query = registry_query(values, "TEXT");
    // Any name will do: it is the registry that is read and checked.
    const core::Reference registry = core::parse_reference("any", query.access.registry);
    const auto limit = static_cast<std::size_t>(values.number("--limit"));
    const std::string text = query.name;
    const bool json = query.json;
    run_query(std::move(query), values, registry, [&](const core::Operation &operation, core::Access &access) {
        const core::Listed<ferry::SearchHit> listed =
            core::search_registry(operation, access, registry.registry, text, limit);
        for (const ferry::SearchHit &hit : listed.items) print_line(json ? to_json(hit) : to_line(hit));
        say_cut(listed.cut, listed.items.size());
    });
    return 0;
}

} // namespace

Command search_command() {
    return {"search",
            "search [TEXT] [options]",
            later("Searches a registry for repositories; without a text, lists all that it shows."),
            {{"TEXT", later("part of a name; in Harbor also PROJECT/ or PROJECT/TEXT")}},
            query_groups({limit_option("25"), result_json_option(later("print a JSON object a line"))}),
            run_search};
}

} // namespace ferry::cli
