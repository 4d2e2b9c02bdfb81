#include "cli/line/parser.h"

#include "cli/line/language.h"
#include "cli/line/settings.h"
#include "cli/show/shell.h"
#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/os/environment.h"

#include <ferry/text.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

Text see_help(const Command &command) {
    const bool first = &command == &commands().front();
    return say("`{}` shows all options",
               first ? std::string("ferry --help") : "ferry " + std::string(command.name) + " --help");
}

const Option *find_option(const Command &command, const std::string &name) {
    for (const Group &group : command.groups)
        for (const Option &option : group.options)
            for (const std::string &one : names_of(option))
                if (one == name) return &option;
    return nullptr;
}

const Option *find_key(const Command &command, const std::string &key) {
    for (const Group &group : command.groups)
        for (const Option &option : group.options)
            if (*option.key && key == option.key) return &option;
    return nullptr;
}

std::vector<std::string> keys_of(const Command &command) {
    std::vector<std::string> keys;
    for (const Group &group : command.groups)
        for (const Option &option : group.options)
            if (*option.key) keys.emplace_back(option.key);
    return keys;
}

Error unknown_option(const Command &command, const std::string &typed) {
    const std::string name = typed.substr(0, typed.find('='));
    std::vector<std::string> names;
    for (const Group &group : command.groups)
        for (const Option &option : group.options)
            for (const std::string &one : names_of(option))
                if (one.size() > 2) names.push_back(one);
    const std::string meant = core::nearest(name, names);
    return {Kind::usage, say("there is no option {}", name),
            meant.empty() ? see_help(command) : say("did you mean {}? {}", meant, see_help(command))};
}

} // namespace

class Reader {
public:
    explicit Reader(const Command &command) : command_(command) { values_.command_ = &command; }

    Values read(std::vector<std::string> arguments) {
        from_line(std::move(arguments));
        if (values_.flag("--help") || values_.flag("--version")) return values_;
        from_variables();
        if (find_option(command_, "--config")) from_file();
        return values_;
    }

private:
    void from_line(std::vector<std::string> arguments) {
        CLI::App app;
        app.set_help_flag();
        app.allow_extras();
        std::vector<std::string> words;
        std::vector<std::pair<const Option *, CLI::Option *>> options;
        for (const Group &group : command_.groups)
            for (const Option &option : group.options) {
                CLI::Option *made = nullptr;
                if (*option.value)
                    made = app.add_option(option.names)
                               ->expected(1)
                               ->allow_extra_args(false)
                               ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
                else
                    made = app.add_flag(option.names)
                               ->multi_option_policy(option.narrowed ? CLI::MultiOptionPolicy::TakeAll
                                                                     : CLI::MultiOptionPolicy::TakeLast);
                options.emplace_back(&option, made);
            }
        app.add_option("WORDS", words);
        std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
        try {
            app.parse(std::move(arguments));
        } catch (const CLI::ParseError &e) {
            // The only faults left: a value that is missing, and a flag that has one it cannot have.
            const std::string what = e.what();
            for (const auto &[option, made] : options)
                if (what.find(long_name(*option)) != what.npos)
                    throw *option->value
                        ? Error(Kind::usage, say("{} needs a value: {}", long_name(*option), option->value),
                                see_help(command_))
                        : Error(Kind::usage, say("{} is on or off and takes no other value", long_name(*option)),
                                see_help(command_));
            throw Error(Kind::usage, what, see_help(command_));
        }
        for (const std::string &extra : app.remaining())
            if (extra != "--") throw unknown_option(command_, extra);
        for (const auto &[option, made] : options) {
            if (!made->count()) continue;
            const auto results = made->results();
            if (results.size() > 1 && !option->many && *option->value)
                throw Error(Kind::usage, say("{} is given more than once", long_name(*option)), see_help(command_));
            take(*option, results, long_name(*option));
            values_.typed_.insert(long_name(*option));
        }
        take_words(words);
    }

    void take_words(const std::vector<std::string> &words) {
        auto word = words.begin();
        for (const Operand &operand : command_.operands) {
            if (word == words.end()) return;
            check_word(operand, *word);
            const auto end = operand.many ? words.end() : word + 1;
            values_.said_[operand.name] = std::vector<std::string>(word, end);
            word = end;
        }
        if (word != words.end()) throw Error(Kind::usage, say("'{}' is one word too many", *word), see_help(command_));
    }

    void from_variables() {
        for (const Group &group : command_.groups)
            for (const Option &option : group.options) {
                const std::string name = variable_of(option);
                if (name.empty() || values_.has(long_name(option))) continue;
                if (const std::string value = core::variable(name.c_str()); !value.empty()) take(option, {value}, name);
            }
    }

    void from_file() {
        std::string path = values_.text("--config");
        const bool own = values_.has("--config");
        if (!own) path = default_settings_path();
        for (const auto &[key, value] : read_settings(path, own)) {
            if (key.rfind("mirrors.", 0) == 0) {
                add_mirrors(key.substr(8), value);
                continue;
            }
            if (key.rfind("plugin.", 0) == 0) {
                const auto dot = key.find('.', 7);
                if (dot == key.npos) throw Error(Kind::usage, say("{}: '{}' is not plugin.ID.KEY", path, key));
                values_.plugin_options[key.substr(7, dot - 7)].emplace(key.substr(dot + 1), value);
                continue;
            }
            const Option *option = find_key(command_, key);
            if (!option) {
                // Of another command: the file is for all of them.
                if (std::any_of(commands().begin(), commands().end(),
                                [&, name = std::string(key)](const Command &one) { return find_key(one, name); }))
                    continue;
                const std::string meant = core::nearest(key, keys_of(command_));
                throw Error(Kind::usage, say("{}: there is no setting '{}'", path, key),
                            meant.empty() ? see_help(command_) : say("did you mean {}? {}", meant, see_help(command_)));
            }
            if (!values_.has(long_name(*option))) take(*option, {value}, path + ": " + key);
        }
    }

    void add_mirrors(std::string registry, std::string places) {
        // A colon ends a key as well as = does: the port of the registry begins the value.
        if (const auto digits = places.find_first_not_of("0123456789"), equals = places.find('=');
            digits && digits < 6 && equals != places.npos && places.find_first_not_of(' ', digits) == equals) {
            registry += ":" + places.substr(0, digits);
            places.erase(0, equals + 1);
        }
        for (const std::string &place : split_list(places)) values_.mirrors.push_back(registry + "=" + place);
    }

    void check_word(const Operand &operand, const std::string &word) const {
        if (operand.words.empty()) return;
        const std::vector<std::string> words(operand.words.begin(), operand.words.end());
        if (std::find(words.begin(), words.end(), word) != words.end()) return;
        const std::string meant = core::nearest(word, words);
        throw Error(Kind::usage, say("there is no `ferry {} {}`", command_.name, word),
                    meant.empty() ? see_help(command_) : say("did you mean {}? {}", meant, see_help(command_)));
    }

    // `where` names the place of the value for the user.
    void take(const Option &option, std::vector<std::string> texts, const std::string &where) {
        const std::string name = long_name(option);
        if (option.narrowed) {
            std::vector<std::string> parts;
            for (const std::string &text : texts)
                for (std::string &part : split_list(text)) parts.push_back(std::move(part));
            texts = std::move(parts);
        } else if (!*option.value) {
            std::string &text = texts.back();
            const std::string word = text;
            if (word == "true" || word == "1" || word == "yes" || word == "on")
                text = "true";
            else if (word == "false" || word == "0" || word == "no" || word == "off")
                text = "false";
            else
                throw Error(Kind::usage, say("{} takes yes or no, not '{}'", where, word), see_help(command_));
        } else if (option.least || option.most) {
            const std::string &text = texts.back();
            const bool digits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == text.npos;
            if (!digits || std::stoi(text) < option.least || std::stoi(text) > option.most)
                throw Error(Kind::usage,
                            say("{} takes a number from {} to {}, not '{}'", where, option.least, option.most, text),
                            see_help(command_));
        } else if (option.complete == Complete::language) {
            if (!language_named(texts.back()))
                throw Error(Kind::usage, say("{} takes zh or en, not '{}'", where, texts.back()), see_help(command_));
        } else if (option.many && *option.key) {
            std::vector<std::string> parts;
            for (const std::string &text : texts)
                for (std::string &part : split_list(text)) parts.push_back(std::move(part));
            texts = std::move(parts);
        }
        if (!texts.empty()) values_.said_[name] = std::move(texts);
    }

    const Command &command_;
    Values values_;
};

std::string Values::text(const std::string &name) const {
    if (const auto found = said_.find(name); found != said_.end()) return found->second.back();
    const Option *option = find_option(*command_, name);
    return option ? option->fallback : "";
}

std::vector<std::string> Values::all(const std::string &name) const {
    const auto found = said_.find(name);
    return found == said_.end() ? std::vector<std::string>() : found->second;
}

bool Values::flag(const std::string &name) const {
    return text(name) == "true";
}

int Values::number(const std::string &name) const {
    return std::stoi(text(name));
}

Values parse(const Command &command, std::vector<std::string> arguments) {
    return Reader(command).read(std::move(arguments));
}

std::string early_value(const std::vector<std::string> &arguments, const std::string &long_option) {
    std::string value;
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        if (arguments[i] == long_option && i + 1 < arguments.size()) value = arguments[i + 1];
        if (arguments[i].rfind(long_option + "=", 0) == 0) value = arguments[i].substr(long_option.size() + 1);
    }
    return value;
}

std::optional<core::Error> other_program(const std::vector<std::string> &arguments) {
    if (arguments.empty()) return std::nullopt;
    const std::string &first = arguments.front();
    if (first == "login" || first == "logout")
        return Error(Kind::usage, say("ferry has no command {}: it keeps no logins", first),
                     say("name a user with -u NAME; what docker login and podman login keep is used as it is"));
    const bool program = first == "docker" || first == "podman" || first == "nerdctl" || first == "crane";
    if (!program || arguments.size() < 2 || arguments[1] != "pull") return std::nullopt;
    std::string meant = "ferry";
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        const std::string &word = arguments[i];
        const std::string platform = "--platform";
        if (word == platform)
            meant += " -a";
        else if (word.rfind(platform + "=", 0) == 0)
            meant += " -a " + shell_word(word.substr(platform.size() + 1));
        else
            meant += " " + (word == "-q" ? "--quiet" : shell_word(word));
    }
    return Error(Kind::usage, say("`{} pull` is a command of another program", first),
                 arguments.size() < 3
                     ? say("for example: ferry nginx:1.21 -o ./images; `ferry --help` shows all options")
                     : say("did you mean `{}`?", meant));
}

std::string mistyped_command(const std::string &word) {
    std::vector<std::string> names;
    for (const Command &one : commands()) names.emplace_back(one.name);
    if (std::find(names.begin(), names.end(), word) != names.end()) return {};
    return core::nearest(word, names);
}

} // namespace ferry::cli
