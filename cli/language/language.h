// The language of the program: English or Chinese.
//
// The program's one translator lives here: main() chooses the language, whoever shows a text asks tr() for its words.
// Nothing below cli knows it but where it is handed over (Log, AccessRequest). No locale is ever set: numbers and the
// program's own data stay the same in every language. Texts are UTF-8 whatever the locale says.
#pragma once

#include <ferry/text.hpp>

#include <optional>
#include <string>
#include <string_view>

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

// From now on texts are in that language. `catalogues` is the folder of zh_CN/LC_MESSAGES/ferry.mo. False when no
// catalogue was found: then all stays English. Before any thread.
bool speak(Language language, const std::string &catalogues);

// The words of this program, in the language of the last speak(). Lives as long as the program. [any-thread]
const Translator &words() noexcept;

// A text in those words.
std::string tr(const Text &text);
// The same for what is shown at once: tr("{} of {}", done, all); and for what later() marked.
template <class... Parts> std::string tr(const char *format, const Parts &...parts) {
    return tr(say(format, parts...));
}

// <prefix>/share/locale for the program <prefix>/bin/ferry.
std::string catalogue_folder();

} // namespace ferry::cli
