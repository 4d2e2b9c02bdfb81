#include "cli/line/options.h"

#include "cli/line/settings.h"

#include <algorithm>
#include <cctype>

namespace ferry::cli {

const Command *Program::find(const std::string &name) const {
    const auto found =
        std::find_if(commands.begin(), commands.end(), [&](const Command &one) { return name == one.name; });
    return found == commands.end() ? nullptr : &*found;
}

std::vector<std::string> Program::names() const {
    std::vector<std::string> names;
    for (const Command &one : commands) names.emplace_back(one.name);
    return names;
}

std::vector<const Option *> options_of(const Command &command) {
    std::vector<const Option *> options;
    for (const Group &group : command.groups)
        for (const Option &option : group.options) options.push_back(&option);
    return options;
}

const Option *find_option(const Command &command, const std::string &name) {
    for (const Option *option : options_of(command))
        for (const std::string &one : names_of(*option))
            if (one == name) return option;
    return nullptr;
}

const Option *find_key(const Command &command, const std::string &key) {
    for (const Option *option : options_of(command))
        if (*option->key && key == option->key) return option;
    return nullptr;
}

std::vector<std::string> names_of(const Option &option) {
    return split_list(option.names);
}

std::string long_name(const Option &option) {
    return names_of(option).back();
}

std::string variable_of(const Option &option) {
    std::string name = option.key;
    if (name.empty()) return name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    return "FERRY_" + name;
}

bool takes_value(const Option &option) {
    return *option.value;
}

} // namespace ferry::cli
