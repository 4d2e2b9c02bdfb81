// The language of the program: English or Chinese (GNU gettext, as in glibc).
//
// Only LC_MESSAGES and LC_CTYPE are ever set: numbers and the program's own data stay the same in every language. Texts
// are UTF-8 whatever the locale says. See <ferry/text.hpp> for how a text is looked up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::cli {

enum class Language { english, chinese };

// What was typed or stands in a variable: zh, zh_CN.UTF-8, zh-Hans, cn; en, en_GB; C and POSIX are English. Nothing for
// other languages.
std::optional<Language> language_named(std::string_view text);

// The variables that decide it, by their names.
struct Locale {
    std::string lc_all, lc_messages, lang, language;
};
// By the rules of gettext(3): LC_ALL, else LC_MESSAGES, else LANG names the locale; unless that is C or POSIX, the
// first language of the list LANGUAGE that ferry speaks wins over it. Every kind of Chinese means the one that there
// is. Pure.
Language language_of(const Locale &locale);

// Decides the language of this command line: --lang, FERRY_LANG, `lang` in the settings file, the locale. What is wrong
// there is left to the parser to report.
Language language_for(const std::string &flag, const std::string &settings_path);

// The locales under which gettext may look up Chinese texts, best first; "" is that of the environment.
const std::vector<std::string> &known_locales();

// From now on texts are in that language. `catalogues` is the folder of zh_CN/LC_MESSAGES/ferry.mo. Works where none of
// `locales` is installed or looks anything up, too, by a borrowed one (in ../ferry/locale from `catalogues`). False
// when no catalogue was found: then all stays English. Before any thread.
bool speak(Language language, const std::string &catalogues, const std::vector<std::string> &locales = known_locales());

// <prefix>/share/locale for the program <prefix>/bin/ferry.
std::string catalogue_folder();

} // namespace ferry::cli
