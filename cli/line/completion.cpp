// Completions of the shells.
#include "cli/line/language.h"
#include "cli/line/reference.h"

#include "cli/line/options.h"
#include "cli/show/shell.h"

#include <ferry/text.hpp>

#include <functional>

namespace ferry::cli {

namespace {

std::string joined(const std::vector<std::string> &words, const std::string &between = " ") {
    std::string out;
    for (const std::string &word : words) out += (out.empty() ? "" : between) + word;
    return out;
}

// The options of a command that take a value of that kind, as alternatives of a shell's case.
std::string alternatives(const Command &command, const std::function<bool(const Option &)> &fits) {
    std::vector<std::string> names;
    for (const Group &group : command.groups)
        for (const Option &option : group.options)
            if (*option.value && fits(option))
                for (const std::string &name : names_of(option)) names.push_back(name);
    return joined(names, "|");
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const Command &one : commands()) names.emplace_back(one.name);
    return names;
}

// The interface by which `ferry plugins list` shows what that value can be, or empty.
const char *interface_of(Complete complete) {
    switch (complete) {
    case Complete::format: return "ferry.packer/";
    case Complete::backend: return "ferry.registry/";
    case Complete::transport: return "ferry.transport/";
    case Complete::plugin: return "ferry.";
    default: return "";
    }
}

std::string ids_command(Complete complete) {
    return std::string("ferry plugins list 2>/dev/null | awk -v kind=") + interface_of(complete) +
           " 'index($3, kind) == 1 { print $1 }'";
}

constexpr Complete kinds[] = {Complete::file,      Complete::folder, Complete::format,   Complete::backend,
                              Complete::transport, Complete::plugin, Complete::platform, Complete::language};

std::string bash_words(Complete complete) {
    std::string words = joined(fixed_words(complete));
    if (*interface_of(complete)) words += (words.empty() ? "" : " ") + ("$(" + ids_command(complete) + ")");
    return words;
}

std::string bash_case(const Command &command) {
    std::string out = "        " + std::string(command.name) + ")\n            case $previous in\n";
    for (const Complete kind : kinds) {
        const std::string names = alternatives(command, [&](const Option &option) { return option.complete == kind; });
        if (names.empty()) continue;
        out += "                " + names + ")\n                    ";
        if (kind == Complete::file)
            out += "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
        else if (kind == Complete::folder)
            out += "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")";
        else
            out += "mapfile -t COMPREPLY < <(compgen -W \"" + bash_words(kind) + "\" -- \"$current\")";
        out += "\n                    return ;;\n";
    }
    if (const std::string names =
            alternatives(command, [](const Option &option) { return option.complete == Complete::nothing; });
        !names.empty())
        out += "                " + names + ") return ;;\n";
    out += "            esac\n";
    std::vector<std::string> options;
    for (const Group &group : command.groups)
        for (const Option &option : group.options)
            for (const std::string &name : names_of(option)) options.push_back(name);
    out += "            if [[ $current == -* ]]; then\n"
           "                mapfile -t COMPREPLY < <(compgen -W \"" +
           joined(options) + "\" -- \"$current\")\n                return\n            fi\n";
    for (const Operand &operand : command.operands) {
        if (operand.complete == Complete::folder)
            out += "            compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")\n";
        if (!operand.words.empty()) {
            std::vector<std::string> words(operand.words.begin(), operand.words.end());
            out += "            if [[ $previous == " + std::string(command.name) +
                   " ]]; then\n                mapfile -t COMPREPLY < <(compgen -W \"" + joined(words) +
                   "\" -- \"$current\")\n                return\n            fi\n";
        }
        if (operand.complete == Complete::plugin)
            out += "            mapfile -t COMPREPLY < <(compgen -W \"" + bash_words(operand.complete) +
                   "\" -- \"$current\")\n";
    }
    return out + "            ;;\n";
}

std::string zsh_action(Complete complete) {
    if (complete == Complete::file) return "_files";
    if (complete == Complete::folder) return "_files -/";
    // With a blank before it, or zsh puts options of compadd before the words.
    if (*interface_of(complete))
        return " _ferry_ids " + std::string(interface_of(complete)) + " " + joined(fixed_words(complete));
    if (const auto words = fixed_words(complete); !words.empty()) return "(" + joined(words) + ")";
    return " ";
}

// In the text of a specification of _arguments, these have a meaning.
std::string zsh_text(const std::string &text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_specs(const Command &command) {
    std::string out;
    for (const Group &group : command.groups)
        for (const Option &option : group.options) {
            const auto names = names_of(option);
            for (const std::string &name : names) {
                const std::string guard = option.many ? "*" : names.size() > 1 ? "(" + joined(names) + ")" : "";
                std::string spec = guard + name + "[" + zsh_text(tr(option.help)) + "]";
                if (*option.value) spec += ":" + zsh_text(option.value) + ":" + zsh_action(option.complete);
                out += " \\\n                " + single_quoted(spec);
            }
        }
    for (const Operand &operand : command.operands) {
        std::string action = zsh_action(operand.complete);
        if (action == " ") action = "()"; // a message of it would keep the one option that fits from being inserted
        if (!operand.words.empty())
            action = "(" + joined(std::vector<std::string>(operand.words.begin(), operand.words.end())) + ")";
        out += " \\\n                " +
               single_quoted((operand.many ? "*:" : ":") + zsh_text(operand.name) + ":" + action);
    }
    return out;
}

} // namespace

std::string bash_completion() {
    std::string out =
        "# bash completion of ferry. Made by the build from the table of options (cli/line/options.cpp).\n"
        "_ferry() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=" +
        command_names().front() +
        "\n    COMPREPLY=()\n"
        "    case ${COMP_WORDS[1]-} in\n"
        "        " +
        joined(command_names(), "|") +
        ") ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]} ;;\n"
        "    esac\n"
        "    if ((COMP_CWORD == 1)) && [[ $current != -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"" +
        joined(command_names()) +
        "\" -- \"$current\")\n"
        "        return\n"
        "    fi\n"
        "    case $command in\n";
    for (const Command &one : commands()) out += bash_case(one);
    return out + "    esac\n}\ncomplete -F _ferry ferry\n";
}

std::string zsh_completion() {
    std::string out =
        "#compdef ferry\n# zsh completion of ferry. Made by the build from the table of options "
        "(cli/line/options.cpp).\n"
        "_ferry_ids() {\n"
        "    local -a ids\n"
        "    ids=(${(f)\"$(ferry plugins list 2>/dev/null | awk -v kind=$1 'index($3, kind) == 1 { print $1 }')\"})\n"
        "    shift\n"
        "    compadd -- $@ $ids\n"
        "}\n"
        "_ferry() {\n"
        "    local -a names\n    names=(\n";
    for (const Command &one : commands())
        out += "        " + single_quoted(std::string(one.name) + ":" + zsh_text(tr(one.summary))) + "\n";
    out += "    )\n"
           "    local command=" +
           command_names().front() +
           "\n"
           "    if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
           "        _describe command names\n        return\n    fi\n"
           "    case $words[2] in\n        " +
           joined(command_names(), "|") +
           ")\n            command=$words[2]\n            shift words\n            ((CURRENT--)) ;;\n    esac\n"
           "    case $command in\n";
    for (const Command &one : commands())
        out += "        " + std::string(one.name) + ")\n            _arguments -s -S" + zsh_specs(one) + " ;;\n";
    return out + "    esac\n}\n_ferry \"$@\"\n";
}

std::string fish_completion() {
    std::string out =
        "# fish completion of ferry. Made by the build from the table of options (cli/line/options.cpp).\n"
        "complete -c ferry -f\n";
    const std::string others = joined([] {
        auto names = command_names();
        names.erase(names.begin());
        return names;
    }());
    for (const Command &one : commands())
        out += "complete -c ferry -n __fish_use_subcommand -a " + std::string(one.name) + " -d " +
               single_quoted(tr(one.summary)) + "\n";
    for (const Command &one : commands()) {
        const bool first = &one == &commands().front();
        const std::string when = single_quoted(first ? "not __fish_seen_subcommand_from " + others
                                                     : "__fish_seen_subcommand_from " + std::string(one.name));
        for (const Operand &operand : one.operands) {
            std::string words = joined(std::vector<std::string>(operand.words.begin(), operand.words.end()));
            if (*interface_of(operand.complete)) words = "(" + ids_command(operand.complete) + ")";
            if (operand.complete == Complete::folder) words = "(__fish_complete_directories)";
            if (!words.empty()) out += "complete -c ferry -n " + when + " -a " + single_quoted(words) + "\n";
        }
        for (const Group &group : one.groups)
            for (const Option &option : group.options) {
                out += "complete -c ferry -n " + when;
                for (const std::string &name : names_of(option))
                    out += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
                if (*option.value) out += option.complete == Complete::file ? " -r -F" : " -x";
                std::string words = joined(fixed_words(option.complete));
                if (*interface_of(option.complete))
                    words += (words.empty() ? "(" : " (") + ids_command(option.complete) + ")";
                if (option.complete == Complete::folder) words = "(__fish_complete_directories)";
                if (!words.empty()) out += " -a " + single_quoted(words);
                out += " -d " + single_quoted(tr(option.help)) + "\n";
            }
    }
    return out;
}

} // namespace ferry::cli
