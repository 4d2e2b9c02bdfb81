#include "cli/line/help.h"

#include "cli/language/language.h"
#include "cli/show/width.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::cli {

namespace {

constexpr int indent = 30; // where descriptions begin

// One entry: what is typed on the left, what it means on the right.
std::string entry(const std::string &left, const std::string &right, int columns) {
    std::string out = "  " + left;
    const int used = width_of(out);
    if (used + 2 > indent)
        out += "\n" + std::string(indent, ' ');
    else
        out += std::string(static_cast<std::size_t>(indent - used), ' ');
    bool first = true;
    for (const std::string &line : wrapped(right, std::max(columns - indent, 20))) {
        if (!first) out += std::string(indent, ' ');
        out += line + "\n";
        first = false;
    }
    return out;
}

std::string left_of(const Option &option) {
    std::string out;
    const auto names = names_of(option);
    if (names.size() == 1 && names[0].size() > 2) out = "    "; // under the long names of the others
    for (const std::string &name : names) out += (out.find('-') == out.npos ? "" : ", ") + name;
    if (option.narrowed) return out + "[=HOST]";
    return *option.value ? out + " " + option.value : out;
}

} // namespace

std::string description_of(const Option &option) {
    std::string out = tr(option.help);
    if (option.many) out += tr(" (repeatable)");
    if (*option.fallback) out += tr(" (default: {})", option.fallback);
    if (const std::string name = variable_of(option); !name.empty()) out += " [" + name + "]";
    return out;
}

namespace {

std::string paragraph(const std::string &text, int columns) {
    std::string out;
    for (const std::string &line : wrapped(text, columns)) out += line + "\n";
    return out;
}

// Commands, examples, and where to read on: below the options of what `ferry` does without a command.
std::string overview(const Program &program, int columns) {
    std::string out = "\n" + tr("Commands:") + "\n";
    for (const Command &one : program.commands) out += entry(one.name, tr(one.summary), columns);
    out += "\n" + tr("Examples:") + "\n";
    for (const Example &example : program.examples)
        out += "  " + std::string(example.line) + "\n" + entry("", tr(example.meaning), columns);
    return out + "\n" +
           paragraph(tr("`ferry COMMAND --help` shows the options of a command. [FERRY_...] behind an option is its "
                        "environment variable; the same name in lower case without FERRY_ is its key in the settings "
                        "file. Exit codes: man ferry."),
                     columns);
}

} // namespace

std::string help_text(const Program &program, const Command &command, int columns) {
    std::string out = tr("Usage: ferry {}", command.usage) + "\n\n" + paragraph(tr(command.summary), columns);
    out += "\n";
    for (const Operand &operand : command.operands) out += entry(operand.name, tr(operand.help), columns);
    for (const Group &group : command.groups) {
        out += "\n" + tr("{}:", tr(group.title)) + "\n";
        for (const Option &option : group.options) out += entry(left_of(option), description_of(option), columns);
    }
    return &command == &program.standard() ? out + overview(program, columns) : out;
}

} // namespace ferry::cli
