// What the options and operands of a command were given.
#pragma once

#include "cli/line/options.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace ferry::cli {

// Values are text, by the long name of the option ("--arch") or the name of the operand ("IMAGE"); all checks of form
// that the table knows (numbers, words) are done.
class Values {
public:
    // `command` must outlive it: it has the defaults.
    explicit Values(const Command &command) : command_(command) {}

    bool has(const std::string &name) const { return values_.count(name) != 0; }
    // On the command line, and not by a variable or a setting.
    bool typed(const std::string &name) const { return typed_.count(name) != 0; }
    // The value (the last of several), or the table's default, or nothing.
    std::string text(const std::string &name) const;
    std::vector<std::string> all(const std::string &name) const;
    bool flag(const std::string &name) const;
    // Of an option with limits.
    int number(const std::string &name) const;

    void put(const std::string &name, std::vector<std::string> values) { values_[name] = std::move(values); }
    void mark_typed(const std::string &name) { typed_.insert(name); }

    // From the settings file: plugin.ID.KEY = value.
    std::map<std::string, std::map<std::string, std::string>> plugin_options;
    // From the settings file: mirrors.REGISTRY = place, place; as REGISTRY=place.
    std::vector<std::string> mirrors;

private:
    const Command &command_;
    std::map<std::string, std::vector<std::string>> values_;
    std::set<std::string> typed_;
};

} // namespace ferry::cli
