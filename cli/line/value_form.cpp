#include "cli/line/value_form.h"

#include "cli/language/language.h"
#include "cli/line/settings.h"
#include "core/base/error.h"
#include "core/base/nearest.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

enum class Form { hosts, flag, number, language, list, text };

Form form_of(const Option &option) {
    if (option.narrowed) return Form::hosts;
    if (!takes_value(option)) return Form::flag;
    if (option.least || option.most) return Form::number;
    if (option.complete == Complete::language) return Form::language;
    return option.many && *option.key ? Form::list : Form::text;
}

bool one_of(const std::string &text, std::initializer_list<const char *> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

std::string flag_value(const std::string &text, const std::string &where, const Text &help) {
    if (one_of(text, {"true", "1", "yes", "on"})) return "true";
    if (one_of(text, {"false", "0", "no", "off"})) return "false";
    throw Error(Kind::usage, say("{} takes yes or no, not '{}'", where, text), help);
}

void check_number(const Option &option, const std::string &text, const std::string &where, const Text &help) {
    const bool digits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == text.npos;
    if (!digits || std::stoi(text) < option.least || std::stoi(text) > option.most)
        throw Error(Kind::usage,
                    say("{} takes a number from {} to {}, not '{}'", where, option.least, option.most, text), help);
}

void check_language(const std::string &text, const std::string &where, const Text &help) {
    if (!language_named(text)) throw Error(Kind::usage, say("{} takes zh or en, not '{}'", where, text), help);
}

std::vector<std::string> list_of(const std::vector<std::string> &texts) {
    std::vector<std::string> parts;
    for (const std::string &text : texts)
        for (std::string &part : split_list(text)) parts.push_back(std::move(part));
    return parts;
}

} // namespace

std::vector<std::string> checked_values(const Option &option, std::vector<std::string> texts, const std::string &where,
                                        const Text &help) {
    switch (form_of(option)) {
    case Form::hosts:
    case Form::list: return list_of(texts);
    case Form::flag: return {flag_value(texts.back(), where, help)};
    case Form::number: check_number(option, texts.back(), where, help); break;
    case Form::language: check_language(texts.back(), where, help); break;
    case Form::text: break;
    }
    return texts;
}

void check_word(const Command &command, const Operand &operand, const std::string &word, const Text &help) {
    if (operand.words.empty()) return;
    const std::vector<std::string> words(operand.words.begin(), operand.words.end());
    if (std::find(words.begin(), words.end(), word) != words.end()) return;
    const std::string meant = core::nearest(word, words);
    throw Error(Kind::usage, say("there is no `ferry {} {}`", command.name, word),
                meant.empty() ? help : say("did you mean {}? {}", meant, help));
}

std::uint64_t parse_size(const std::string &where, const std::string &text) {
    constexpr std::uint64_t most = std::uint64_t(1) << 62;
    const std::string units = "KMGT";
    std::size_t digits = 0;
    std::uint64_t number = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && number < most / 16)
        number = number * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
    std::string unit = text.substr(digits);
    for (char &c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (unit.size() > 1 && unit.substr(1) == "IB") unit.resize(1);
    const std::size_t place = unit.empty() ? 0 : units.find(unit), power = unit.empty() ? 0 : place + 1;
    if (digits == 0 || unit.size() > 1 || place == units.npos || number > (most >> (10 * power)))
        throw Error(Kind::usage, say("{} takes a size like 512M or 2G, not '{}'", where, text));
    return number << (10 * power);
}

} // namespace ferry::cli
