#include "cli/line/completion.h"

#include <functional>

namespace ferry::cli {

namespace {

constexpr Complete kinds[] = {Complete::file,      Complete::folder, Complete::format,   Complete::backend,
                              Complete::transport, Complete::plugin, Complete::platform, Complete::language};

// The options of a command that take a value of that kind, as alternatives of a shell's case.
std::string alternatives(const Command &command, Complete kind) {
    std::vector<std::string> names;
    for (const Option *option : options_of(command))
        if (takes_value(*option) && option->complete == kind)
            for (const std::string &name : names_of(*option)) names.push_back(name);
    return joined(names, "|");
}

std::string words_for(Complete complete) {
    std::string words = joined(fixed_words(complete));
    if (*interface_of(complete)) words += (words.empty() ? "" : " ") + ("$(" + ids_command(complete) + ")");
    return words;
}

// One of these words.
std::string offer(const std::string &words) {
    return "mapfile -t COMPREPLY < <(compgen -W \"" + words + "\" -- \"$current\")";
}

// By compgen's own letter: files (f) or folders (d).
std::string offer_paths(char letter) {
    return std::string("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -") + letter + " -- \"$current\")";
}

std::string offer_values(Complete kind) {
    if (kind == Complete::file) return offer_paths('f');
    if (kind == Complete::folder) return offer_paths('d');
    return offer(words_for(kind));
}

// What may stand behind an option that takes a value.
std::string value_cases(const Command &command) {
    std::string out = "            case $previous in\n";
    for (const Complete kind : kinds)
        if (const std::string names = alternatives(command, kind); !names.empty())
            out += "                " + names + ")\n                    " + offer_values(kind) +
                   "\n                    return ;;\n";
    if (const std::string names = alternatives(command, Complete::nothing); !names.empty())
        out += "                " + names + ") return ;;\n";
    return out + "            esac\n";
}

std::string option_names(const Command &command) {
    std::vector<std::string> names;
    for (const Option *option : options_of(command))
        for (const std::string &name : names_of(*option)) names.push_back(name);
    return joined(names);
}

std::string operand_lines(const Command &command, const Operand &operand) {
    std::string out;
    if (operand.complete == Complete::folder) out += "            " + offer_paths('d') + "\n";
    if (!operand.words.empty())
        out += "            if [[ $previous == " + std::string(command.name) + " ]]; then\n                " +
               offer(joined(words_of(operand))) + "\n                return\n            fi\n";
    if (operand.complete == Complete::plugin) out += "            " + offer(words_for(operand.complete)) + "\n";
    return out;
}

std::string command_case(const Command &command) {
    std::string out = "        " + std::string(command.name) + ")\n" + value_cases(command) +
                      "            if [[ $current == -* ]]; then\n                " + offer(option_names(command)) +
                      "\n                return\n            fi\n";
    for (const Operand &operand : command.operands) out += operand_lines(command, operand);
    return out + "            ;;\n";
}

} // namespace

std::string bash_completion(const Program &program) {
    std::string out = completion_title("bash") +
                      "_ferry() {\n"
                      "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=" +
                      program.standard().name +
                      "\n    COMPREPLY=()\n"
                      "    case ${COMP_WORDS[1]-} in\n"
                      "        " +
                      joined(program.names(), "|") +
                      ") ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]} ;;\n"
                      "    esac\n"
                      "    if ((COMP_CWORD == 1)) && [[ $current != -* ]]; then\n        " +
                      offer(joined(program.names())) +
                      "\n        return\n"
                      "    fi\n"
                      "    case $command in\n";
    for (const Command &one : program.commands) out += command_case(one);
    return out + "    esac\n}\ncomplete -F _ferry ferry\n";
}

} // namespace ferry::cli
