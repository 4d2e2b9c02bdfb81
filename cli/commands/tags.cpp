#include "cli/commands/tags.h"

#include "cli/commands/common_options.h"
#include "cli/commands/registry_query.h"
#include "cli/line/settings.h"
#include "cli/show/json.h"
#include "cli/show/output.h"
#include "core/base/size.h"
#include "core/base/tame.h"
#include "core/registry/tags_and_search.h"

#include <ferry/kit/dates.hpp>

namespace ferry::cli {

namespace {

using core::tame;

std::string to_json(const ferry::Tag &tag) {
    kit::JsonWriter out;
    out.begin_object().member("tag", tag.name).name("digest");
    tag.digest.empty() ? out.null() : out.string(tag.digest);
    out.name("platforms");
    tag.platforms.empty() ? out.null() : write_strings(out, split_list(tag.platforms, ' '));
    out.name("size");
    write_known(out, tag.size).name("updated");
    return write_date(out, tag.updated).end_object().text();
}

// The name first, so that `cut -f1` gives names whatever a registry tells besides.
std::string to_line(const ferry::Tag &tag) {
    std::string line = tame(tag.name);
    if (tag.updated) line += "\t" + kit::date_text(tag.updated);
    if (tag.size >= 0) line += "\t" + core::human_size(static_cast<std::uint64_t>(tag.size));
    if (!tag.platforms.empty()) line += "\t" + tame(tag.platforms);
    return line;
}

int run_tags(const Program &, const Values &values) {
    RegistryQuery query = registry_query(values, "IMAGE");
    need_image(query, "tags");
    const core::Reference typed = core::parse_reference(query.name, query.access.registry);
    const auto limit = static_cast<std::size_t>(values.number("--limit"));
    const bool json = query.json;
    run_query(std::move(query), values, typed, [&](const core::Operation &operation, core::Access &access) {
        const core::Listed<ferry::Tag> listed =
            access.resolve(operation, typed, [&](const std::shared_ptr<core::Repository> &repository) {
                return core::list_tags(operation, *repository, limit);
            });
        for (const ferry::Tag &tag : listed.items) print_line(json ? to_json(tag) : to_line(tag));
        say_cut(listed.cut, listed.items.size());
    });
    return 0;
}

} // namespace

Command tags_command() {
    return {"tags",
            "tags IMAGE [options]",
            later("Lists the tags of a repository."),
            {{"IMAGE", later("[registry/]repository"), Complete::image}},
            query_groups({limit_option("1000"), result_json_option(later("print a JSON object a line"))}),
            run_tags};
}

} // namespace ferry::cli
