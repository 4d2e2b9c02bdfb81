// Reads a command line by the table of options: flags over FERRY_* variables over the settings file over defaults.
#pragma once

#include "cli/line/options.h"
#include "core/base/error.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferry::cli {

// What was said, by the long name of the option ("--arch") or the name of the operand ("IMAGE"). Values are text; all
// checks of form that the table knows (numbers, words) are done.
class Values {
public:
    bool has(const std::string &name) const { return said_.count(name) != 0; }
    // On the command line, and not by a variable or a setting.
    bool typed(const std::string &name) const { return typed_.count(name) != 0; }
    // The value, or the table's default, or nothing.
    std::string text(const std::string &name) const;
    std::vector<std::string> all(const std::string &name) const;
    bool flag(const std::string &name) const;
    // Of an option with limits.
    int number(const std::string &name) const;

    // From the settings file: plugin.ID.KEY = value.
    std::map<std::string, std::map<std::string, std::string>> plugin_options;
    // The same: mirrors.REGISTRY = place, place; as REGISTRY=place.
    std::vector<std::string> mirrors;

private:
    friend class Reader;
    const Command *command_ = nullptr;
    std::map<std::string, std::vector<std::string>> said_;
    std::set<std::string> typed_;
};

// Throws core::Error(usage) with the nearest right word where one was mistyped. With --help nothing but the form of the
// options is checked, and no settings are read.
Values parse(const Command &command, std::vector<std::string> arguments);

// The value of an option that counts before all is parsed (--lang, --config): the last one on the line, or empty.
std::string early_value(const std::vector<std::string> &arguments, const std::string &long_option);

// The command that a first word was probably meant to be, where it is none: "plugns" -> "plugins". Or empty.
std::string mistyped_command(const std::string &word);

// What a line typed as for another program is answered with: `ferry docker pull nginx`, `ferry login`. Nothing where it
// is none of these; an image of such a name is pulled by `ferry pull NAME`.
std::optional<core::Error> other_program(const std::vector<std::string> &arguments);

} // namespace ferry::cli
