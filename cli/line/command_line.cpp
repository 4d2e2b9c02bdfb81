#include "cli/line/command_line.h"
#include "cli/language/language.h"

#include "core/base/error.h"
#include "core/base/nearest.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

class Splitter {
public:
    Splitter(const Program &program, const Command &command, const std::vector<std::string> &words)
        : program_(program), command_(command), words_(words) {}

    CommandLine split() {
        while (at_ < words_.size()) {
            const std::string &word = words_[at_++];
            if (word == "--")
                return rest_are_operands();
            else if (word.rfind("--", 0) == 0)
                long_option(word);
            else if (word.size() > 1 && word[0] == '-')
                short_options(word);
            else
                line_.operands.push_back(word);
        }
        return std::move(line_);
    }

private:
    CommandLine rest_are_operands() {
        for (; at_ < words_.size(); ++at_) line_.operands.push_back(words_[at_]);
        return std::move(line_);
    }

    void long_option(const std::string &word) {
        const auto equals = word.find('=');
        const Option &option = known(word.substr(0, equals));
        if (equals != word.npos)
            line_.options.push_back({&option, word.substr(equals + 1)});
        else if (takes_value(option))
            line_.options.push_back({&option, next_word(option)});
        else
            line_.options.push_back({&option, std::nullopt});
    }

    // A letter for each flag, until one that takes what is left of the word, or the next one, as its value.
    void short_options(const std::string &word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const Option *option = find_option(command_, std::string("-") + word[i]);
            if (!option) throw unknown(i == 1 ? word : std::string("-") + word[i]);
            if (!takes_value(*option)) {
                line_.options.push_back({option, std::nullopt});
                continue;
            }
            line_.options.push_back({option, i + 1 < word.size() ? word.substr(i + 1) : next_word(*option)});
            return;
        }
    }

    const Option &known(const std::string &name) const {
        const Option *option = find_option(command_, name);
        if (!option) throw unknown(name);
        return *option;
    }

    const std::string &next_word(const Option &option) {
        if (at_ == words_.size())
            throw Error(Kind::usage, say("{} needs a value: {}", long_name(option), option.value),
                        see_help(program_, command_));
        return words_[at_++];
    }

    Error unknown(const std::string &word) const {
        const std::string name = word.substr(0, word.find('=', 2));
        std::vector<std::string> names;
        for (const Option *option : options_of(command_)) names.push_back(long_name(*option));
        const std::string meant = core::nearest(name, names);
        const Text help = see_help(program_, command_);
        return {Kind::usage, say("there is no option {}", name),
                meant.empty() ? help : say("did you mean {}? {}", meant, help)};
    }

    const Program &program_;
    const Command &command_;
    const std::vector<std::string> &words_;
    std::size_t at_ = 0;
    CommandLine line_;
};

} // namespace

CommandLine split_command_line(const Program &program, const Command &command,
                               const std::vector<std::string> &arguments) {
    return Splitter(program, command, arguments).split();
}

std::string early_value(const std::vector<std::string> &arguments, const std::string &long_option) {
    std::string value;
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        if (arguments[i] == long_option && i + 1 < arguments.size()) value = arguments[i + 1];
        if (arguments[i].rfind(long_option + "=", 0) == 0) value = arguments[i].substr(long_option.size() + 1);
    }
    return value;
}

Text see_help(const Program &program, const Command &command) {
    const std::string name = &command == &program.standard() ? "" : std::string(command.name) + " ";
    return say("`{}` shows all options", "ferry " + name + "--help");
}

} // namespace ferry::cli
