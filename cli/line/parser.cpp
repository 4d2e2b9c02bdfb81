#include "cli/line/parser.h"

#include "cli/line/command_line.h"
#include "cli/line/settings.h"
#include "cli/line/value_form.h"
#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/os/environment.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

class Parser {
public:
    Parser(const Program &program, const Command &command)
        : program_(program), command_(command), help_(see_help(program, command)), values_(command) {}

    Values parse(const std::vector<std::string> &arguments) {
        const CommandLine line = split_command_line(program_, command_, arguments);
        take_options(line);
        take_operands(line.operands);
        if (values_.flag("--help") || values_.flag("--version")) return std::move(values_);
        take_variables();
        if (find_option(command_, "--config")) take_settings();
        return std::move(values_);
    }

private:
    void take_options(const CommandLine &line) {
        for (const Option *option : options_of(command_)) {
            std::vector<std::string> given;
            for (const CommandLine::Given &one : line.options)
                if (one.option == option) given.push_back(one.value.value_or("true"));
            if (given.empty()) continue;
            if (given.size() > 1 && !option->many && takes_value(*option))
                throw Error(Kind::usage, say("{} is given more than once", long_name(*option)), help_);
            put(*option, std::move(given), long_name(*option));
            values_.mark_typed(long_name(*option));
        }
    }

    void take_operands(const std::vector<std::string> &words) {
        auto word = words.begin();
        for (const Operand &operand : command_.operands) {
            if (word == words.end()) return;
            check_word(command_, operand, *word, help_);
            const auto end = operand.many ? words.end() : word + 1;
            values_.put(operand.name, std::vector<std::string>(word, end));
            word = end;
        }
        if (word != words.end()) throw Error(Kind::usage, say("'{}' is one argument too many", *word), help_);
    }

    void take_variables() {
        for (const Option *option : options_of(command_)) {
            const std::string name = variable_of(*option);
            if (name.empty() || values_.has(long_name(*option))) continue;
            if (const std::string value = core::variable(name.c_str()); !value.empty()) put(*option, {value}, name);
        }
    }

    void take_settings() {
        const bool named = values_.has("--config");
        const std::string path = named ? values_.text("--config") : default_settings_path();
        for (const auto &[key, value] : read_settings(path, named)) {
            if (key.rfind("mirrors.", 0) == 0)
                take_mirrors(key.substr(8), value);
            else if (key.rfind("plugin.", 0) == 0)
                take_plugin_option(path, key, value);
            else if (const Option *option = find_key(command_, key))
                take_setting(*option, value, path + ": " + key);
            else
                check_foreign_key(path, key);
        }
    }

    void take_setting(const Option &option, const std::string &value, const std::string &where) {
        if (!values_.has(long_name(option))) put(option, {value}, where);
    }

    void take_mirrors(std::string registry, std::string places) {
        // A colon ends a key as well as = does: the port of the registry begins the value.
        if (const auto digits = places.find_first_not_of("0123456789"), equals = places.find('=');
            digits && digits < 6 && equals != places.npos && places.find_first_not_of(' ', digits) == equals) {
            registry += ":" + places.substr(0, digits);
            places.erase(0, equals + 1);
        }
        for (const std::string &place : split_list(places)) values_.mirrors.push_back(registry + "=" + place);
    }

    // plugin.ID.KEY
    void take_plugin_option(const std::string &path, const std::string &key, const std::string &value) {
        constexpr std::size_t id = 7;
        const auto dot = key.find('.', id);
        if (dot == key.npos) throw Error(Kind::usage, say("{}: '{}' is not plugin.ID.KEY", path, key));
        values_.plugin_options[key.substr(id, dot - id)].emplace(key.substr(dot + 1), value);
    }

    // The file is for all commands: a key of another one is none of ours, and no fault.
    void check_foreign_key(const std::string &path, const std::string &key) const {
        const auto has_key = [&](const Command &one) { return find_key(one, key) != nullptr; };
        if (std::any_of(program_.commands.begin(), program_.commands.end(), has_key)) return;
        std::vector<std::string> keys;
        for (const Option *option : options_of(command_))
            if (*option->key) keys.emplace_back(option->key);
        const std::string meant = core::nearest(key, keys);
        throw Error(Kind::usage, say("{}: there is no setting '{}'", path, key),
                    meant.empty() ? help_ : say("did you mean {}? {}", meant, help_));
    }

    void put(const Option &option, std::vector<std::string> texts, const std::string &where) {
        std::vector<std::string> values = checked_values(option, std::move(texts), where, help_);
        if (!values.empty()) values_.put(long_name(option), std::move(values));
    }

    const Program &program_;
    const Command &command_;
    const Text help_;
    Values values_;
};

} // namespace

Values parse(const Program &program, const Command &command, const std::vector<std::string> &arguments) {
    return Parser(program, command).parse(arguments);
}

std::string mistyped_command(const Program &program, const std::string &word) {
    return program.find(word) ? std::string() : core::nearest(word, program.names());
}

} // namespace ferry::cli
