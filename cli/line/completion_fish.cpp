#include "cli/line/completion.h"
#include "cli/show/shell.h"

#include "cli/language/language.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

constexpr const char *folders = "(__fish_complete_directories)";

// When the words of that command are completed, as fish's condition.
std::string condition(const Program &program, const Command &command) {
    if (&command != &program.standard())
        return single_quoted("__fish_seen_subcommand_from " + std::string(command.name));
    std::vector<std::string> others = program.names();
    others.erase(others.begin());
    return single_quoted("not __fish_seen_subcommand_from " + joined(others));
}

std::string operand_line(const std::string &when, const Operand &operand) {
    std::string words = joined(words_of(operand));
    if (*interface_of(operand.complete)) words = "(" + ids_command(operand.complete) + ")";
    if (operand.complete == Complete::folder) words = folders;
    return words.empty() ? "" : "complete -c ferry -n " + when + " -a " + single_quoted(words) + "\n";
}

std::string option_line(const std::string &when, const Option &option) {
    std::string out = "complete -c ferry -n " + when;
    for (const std::string &name : names_of(option))
        out += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
    if (takes_value(option)) out += option.complete == Complete::file ? " -r -F" : " -x";
    std::string words = joined(fixed_words(option.complete));
    if (*interface_of(option.complete)) words += (words.empty() ? "(" : " (") + ids_command(option.complete) + ")";
    if (option.complete == Complete::folder) words = folders;
    if (!words.empty()) out += " -a " + single_quoted(words);
    return out + " -d " + single_quoted(tr(option.help)) + "\n";
}

} // namespace

std::string fish_completion(const Program &program) {
    std::string out = completion_title("fish") + "complete -c ferry -f\n";
    for (const Command &one : program.commands)
        out += "complete -c ferry -n __fish_use_subcommand -a " + std::string(one.name) + " -d " +
               single_quoted(tr(one.summary)) + "\n";
    for (const Command &one : program.commands) {
        const std::string when = condition(program, one);
        for (const Operand &operand : one.operands) out += operand_line(when, operand);
        for (const Option *option : options_of(one)) out += option_line(when, *option);
    }
    return out;
}

} // namespace ferry::cli
