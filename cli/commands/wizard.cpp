#include "cli/commands/wizard.h"

#include "cli/commands/plugin_catalog.h"
#include "cli/commands/registry_session.h"
#include "cli/language/language.h"
#include "cli/line/question.h"
#include "cli/show/message.h"
#include "cli/show/shell.h"
#include "cli/show/width.h"
#include "core/base/nearest.h"
#include "core/base/tame.h"
#include "core/image/reference.h"
#include "core/registry/inspection.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

constexpr int most_refusals = 3; // by the registry, before its last word is final

std::string needed(std::optional<std::string> answer) {
    if (!answer) throw Error(Kind::usage, say("no image is named"), say("for example: ferry nginx:1.21 -o ./images"));
    return std::move(*answer);
}

std::string or_else(const std::string &answer, const std::string &fallback) {
    return answer.empty() ? fallback : answer;
}

void ask_image(core::PullRequest &request, Respondent &person) {
    while (true) {
        const std::string before = request.images.empty() ? "" : request.images.front();
        const std::string typed = needed(person.answer(
            before.empty() ? tr("Image, for example nginx:1.21 or team/app: ") : tr("Image [{}]: ", before)));
        const std::string image = or_else(typed, before);
        if (image.empty()) continue;
        try {
            core::parse_reference(image, "docker.io");
            request.images = {image};
            return;
        } catch (const Error &e) {
            person.tell(tr(e.message));
            if (!e.remedy.empty()) person.tell("  -> " + tr(e.remedy));
        }
    }
}

void ask_registry(core::PullRequest &request, Respondent &person) {
    while (core::parse_reference(request.images.front(), "docker.io").default_host) {
        const std::string registry =
            or_else(needed(person.answer(tr("Registry [{}]: ", request.registry))), request.registry);
        try {
            core::parse_reference(request.images.front(), registry);
            request.registry = registry;
            return;
        } catch (const Error &e) {
            person.tell(tr(e.message));
            if (!e.remedy.empty()) person.tell("  -> " + tr(e.remedy));
        }
    }
}

void ask_login(core::PullRequest &request, Respondent &person) {
    auto &login = request.credentials;
    if (login.username.empty()) login.username = needed(person.answer(tr("User name [none]: ")));
    if (login.username.empty() || !login.secret.empty()) return;
    login.secret = needed(person.secret(tr("Password of {}: ", login.username)));
}

void ask_tag(core::PullRequest &request, Respondent &person) {
    const core::Reference reference = core::parse_reference(request.images.front(), request.registry);
    const auto slash = request.images.front().rfind('/');
    const bool tagged = request.images.front().find(':', slash == std::string::npos ? 0 : slash) != std::string::npos;
    while (!tagged && reference.digest.empty()) {
        const std::string tag = or_else(needed(person.answer(tr("Tag [{}]: ", "latest"))), "latest");
        if (core::valid_tag(tag)) {
            request.images.front() += ":" + tag;
            return;
        }
        person.tell(tr("'{}' is not a tag", tag));
    }
}

// One of a list, by its number, its name, or whatever else `means` takes for a place in it. `about` tells of each.
std::string choose(Respondent &person, const std::string &question, const std::vector<std::string> &list,
                   const std::string &fallback, const std::vector<std::string> &about,
                   const std::function<std::optional<std::size_t>(const std::string &)> &means) {
    int widest = 0;
    for (const std::string &name : list) widest = std::max(widest, width_of(name));
    for (std::size_t i = 0; i < list.size(); ++i)
        person.tell("  " + std::to_string(i + 1) + ") " +
                    (about.empty() || about[i].empty() ? list[i] : padded(list[i], widest) + "  " + about[i]));
    while (true) {
        const std::string typed = or_else(needed(person.answer(tr("{} [{}]: ", question, fallback))), fallback);
        if (std::find(list.begin(), list.end(), typed) != list.end()) return typed;
        if (typed.size() <= 3 && typed.find_first_not_of("0123456789") == typed.npos) {
            const auto number = static_cast<std::size_t>(std::stoi(typed));
            if (number >= 1 && number <= list.size()) return list[number - 1];
        }
        if (const auto place = means(typed)) return list[*place];
        const std::string meant = core::nearest(typed, list);
        person.tell(meant.empty() ? tr("'{}' is none of these", typed)
                                  : tr("'{}' is none of these; did you mean {}?", typed, meant));
    }
}

void choose_platform_of(core::PullRequest &request, Respondent &person, const std::vector<std::string> &names) {
    std::vector<core::Platform> offered;
    for (const std::string &name : names) offered.push_back(core::parse_platform(name));
    // As -a takes it: arm64, x86_64.
    const auto means = [&](const std::string &typed) -> std::optional<std::size_t> {
        try {
            return core::choose_platform(core::parse_platform(typed), offered);
        } catch (const Error &) {
            return std::nullopt;
        }
    };
    request.platform = choose(person, tr("Platform"), names, names[means(request.platform).value_or(0)], {}, means);
}

void choose_format_of(core::PullRequest &request, Respondent &person, const std::vector<Choices::Format> &formats) {
    std::vector<std::string> ids, about;
    for (const Choices::Format &format : formats) {
        ids.push_back(format.id);
        about.push_back(format.about);
    }
    request.format = choose(person, tr("Format"), ids, request.format, about,
                            [](const std::string &) { return std::optional<std::size_t>(); });
}

// The platforms of the one image that the request names. Throws Error.
std::vector<std::string> platforms_of(const core::PullRequest &request, const core::Catalog &catalog,
                                      std::stop_token stop) {
    core::AccessRequest asked = request;
    RegistrySession session(asked, false, [](std::string_view) {});
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

class Terminal final : public Respondent {
public:
    explicit Terminal(std::stop_token stop) : stop_(std::move(stop)) {}

    std::optional<std::string> answer(const std::string &question) override {
        auto line = read_answer(core::tame(question), stop_);
        interrupted();
        if (!line) return line;
        const auto begin = line->find_first_not_of(" \t\r");
        return begin == line->npos ? std::string() : line->substr(begin, line->find_last_not_of(" \t\r") + 1 - begin);
    }
    std::optional<std::string> secret(const std::string &question) override {
        const std::string line = read_hidden(core::tame(question), stop_);
        interrupted();
        return line;
    }
    void tell(const std::string &line) override { show_line(core::tame(line)); }

private:
    void interrupted() const {
        if (stop_.stop_requested()) throw Error(Kind::interrupted, say("interrupted"));
    }
    std::stop_token stop_;
};

} // namespace

void ask_all(core::PullRequest &request, Respondent &person, const Choices &choices) {
    std::vector<std::string> platforms;
    for (int refusals = 0; platforms.empty();) {
        ask_image(request, person);
        ask_registry(request, person);
        ask_login(request, person);
        ask_tag(request, person);
        try {
            person.tell(tr("looking up {}", core::parse_reference(request.images.front(), request.registry).str()));
            platforms = choices.platforms(request);
            if (platforms.empty()) throw Error(Kind::not_found, say("this image has no platform that ferry knows"));
        } catch (const Error &e) {
            const bool mistyped = e.kind() == Kind::access || e.kind() == Kind::not_found || e.kind() == Kind::usage;
            if (!mistyped || ++refusals == most_refusals) throw;
            person.tell(tr(e.message));
            if (!e.remedy.empty()) person.tell("  -> " + tr(e.remedy));
            request.credentials = {};
        }
    }
    choose_platform_of(request, person, platforms);
    choose_format_of(request, person, choices.formats);
    person.tell(tr("the same without questions: {}", command_line(request)));
}

std::string command_line(const core::PullRequest &request) {
    const core::PullRequest usual;
    std::string out = "ferry " + shell_word(request.images.front());
    const auto add = [&](const char *option, const std::string &value) {
        out += std::string(" ") + option + " " + shell_word(value);
    };
    add("-a", request.platform);
    if (request.registry != usual.registry) add("-r", request.registry);
    if (!request.credentials.username.empty()) add("-u", request.credentials.username);
    if (request.format != usual.format) add("-f", request.format);
    if (request.output != usual.output) add("-o", request.output);
    return out;
}

void ask_at_terminal(core::PullRequest &request, const std::vector<std::string> &plugin_dirs,
                     const std::stop_token &stop) {
    Terminal person(stop);
    person.tell(
        tr("No image is named; ferry asks for what it needs. Enter takes what stands in brackets, Ctrl-C ends."));
    const core::Catalog catalog = plugin_catalog(plugin_dirs);
    Choices choices;
    for (const std::string &id : catalog.ids(FERRY_PACKER_V1)) {
        const std::string &summary = catalog.find(id, FERRY_PACKER_V1).manifest.summary;
        choices.formats.push_back({id, summary.empty() ? "" : tr(summary.c_str())});
    }
    choices.platforms = [&](const core::PullRequest &asked) { return platforms_of(asked, catalog, stop); };
    ask_all(request, person, choices);
}

} // namespace ferry::cli
