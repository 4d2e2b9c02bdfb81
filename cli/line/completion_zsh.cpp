#include "cli/line/completion.h"
#include "cli/show/shell.h"

#include "cli/language/language.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

std::string value_action(Complete complete) {
    if (complete == Complete::file) return "_files";
    if (complete == Complete::folder) return "_files -/";
    // With a blank before it, or zsh puts options of compadd before the words.
    if (*interface_of(complete))
        return " _ferry_ids " + std::string(interface_of(complete)) + " " + joined(fixed_words(complete));
    if (const auto words = fixed_words(complete); !words.empty()) return "(" + joined(words) + ")";
    return " ";
}

// In the text of a specification of _arguments, these have a meaning.
std::string escaped(const std::string &text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

// One argument of _arguments, for each name of the option.
std::string option_specs(const Option &option) {
    const auto names = names_of(option);
    std::string out;
    for (const std::string &name : names) {
        const std::string guard = option.many ? "*" : names.size() > 1 ? "(" + joined(names) + ")" : "";
        std::string spec = guard + name + "[" + escaped(tr(option.help)) + "]";
        if (takes_value(option)) spec += ":" + escaped(option.value) + ":" + value_action(option.complete);
        out += " \\\n                " + single_quoted(spec);
    }
    return out;
}

std::string operand_spec(const Operand &operand) {
    std::string action = value_action(operand.complete);
    if (action == " ") action = "()"; // a message of it would keep the one option that fits from being inserted
    if (!operand.words.empty()) action = "(" + joined(words_of(operand)) + ")";
    return " \\\n                " + single_quoted((operand.many ? "*:" : ":") + escaped(operand.name) + ":" + action);
}

std::string command_case(const Command &command) {
    std::string out = "        " + std::string(command.name) + ")\n            _arguments -s -S";
    for (const Option *option : options_of(command)) out += option_specs(*option);
    for (const Operand &operand : command.operands) out += operand_spec(operand);
    return out + " ;;\n";
}

} // namespace

std::string zsh_completion(const Program &program) {
    std::string out =
        "#compdef ferry\n" + completion_title("zsh") +
        "_ferry_ids() {\n"
        "    local -a ids\n"
        "    ids=(${(f)\"$(ferry plugins list 2>/dev/null | awk -v kind=$1 'index($3, kind) == 1 { print $1 }')\"})\n"
        "    shift\n"
        "    compadd -- $@ $ids\n"
        "}\n"
        "_ferry() {\n"
        "    local -a names\n    names=(\n";
    for (const Command &one : program.commands)
        out += "        " + single_quoted(std::string(one.name) + ":" + escaped(tr(one.summary))) + "\n";
    out += "    )\n"
           "    local command=" +
           std::string(program.standard().name) +
           "\n"
           "    if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
           "        _describe command names\n        return\n    fi\n"
           "    case $words[2] in\n        " +
           joined(program.names(), "|") +
           ")\n            command=$words[2]\n            shift words\n            ((CURRENT--)) ;;\n    esac\n"
           "    case $command in\n";
    for (const Command &one : program.commands) out += command_case(one);
    return out + "    esac\n}\n_ferry \"$@\"\n";
}

} // namespace ferry::cli
