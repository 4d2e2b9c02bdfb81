#include "cli/line/language.h"

#include "cli/line/settings.h"
#include "core/base/error.h"
#include "core/os/environment.h"
#include "core/os/path.h"

#include <ferry/text.hpp>

#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <libintl.h>

namespace ferry::cli {

namespace {

constexpr const char *domain = FERRY_TEXT_DOMAIN;

// Does the catalogue answer? Its header is the translation of the empty text.
bool answers() {
    return std::strstr(::dgettext(domain, ""), "Language: zh") != nullptr;
}

// gettext looks up nothing in the locale C, and glibc since 2.39 nothing in C.UTF-8 either. Where no other locale is
// installed, the one of C is lent the name zh_CN, by a folder with a link to it.
bool borrow_locale(const std::string &catalogues) {
    const std::string folder = catalogues + "/../ferry/locale";
    const std::string before = core::variable("LOCPATH");
    ::setenv("LOCPATH", folder.c_str(), 1);
    const bool found = std::setlocale(LC_MESSAGES, "zh_CN") != nullptr;
    if (before.empty())
        ::unsetenv("LOCPATH");
    else
        ::setenv("LOCPATH", before.c_str(), 1);
    return found && answers();
}

} // namespace

std::optional<Language> language_named(std::string_view text) {
    const std::string_view name = text.substr(0, text.find_first_of("_-.@"));
    if (name == "zh" || name == "cn" || name == "chinese" || name == "中文") return Language::chinese;
    if (name == "en" || name == "english" || name == "C" || name == "POSIX") return Language::english;
    return std::nullopt;
}

Language language_of(const Locale &locale) {
    const std::string &name = !locale.lc_all.empty()        ? locale.lc_all
                              : !locale.lc_messages.empty() ? locale.lc_messages
                                                            : locale.lang;
    if (name.empty() || name == "C" || name == "POSIX") return Language::english;
    for (const std::string &wanted : split_list(locale.language, ':'))
        if (const auto spoken = language_named(wanted)) return *spoken;
    return language_named(name).value_or(Language::english);
}

Language language_for(const std::string &flag, const std::string &settings_path) {
    for (const std::string &text : {flag, core::variable("FERRY_LANG")})
        if (const auto named = language_named(text)) return *named;
    try {
        const auto settings = read_settings(settings_path, false);
        if (const auto found = settings.find("lang"); found != settings.end())
            if (const auto named = language_named(found->second)) return *named;
    } catch (const core::Error &) { // reported when the settings are read in earnest
    }
    return language_of(
        {core::variable("LC_ALL"), core::variable("LC_MESSAGES"), core::variable("LANG"), core::variable("LANGUAGE")});
}

const std::vector<std::string> &known_locales() {
    static const std::vector<std::string> all = {"zh_CN.UTF-8", "", "C.UTF-8", "en_US.UTF-8"};
    return all;
}

bool speak(Language language, const std::string &catalogues, const std::vector<std::string> &locales) {
    // For what the C library says (strerror) and for the width of characters in its functions.
    if (!std::setlocale(LC_CTYPE, "C.UTF-8")) std::setlocale(LC_CTYPE, "");
    if (language == Language::english) {
        std::setlocale(LC_MESSAGES, "C");
        return true;
    }
    ::bindtextdomain(domain, catalogues.c_str());
    ::bind_textdomain_codeset(domain, "UTF-8");
    ::setenv("LANGUAGE", "zh_CN", 1);
    for (const std::string &name : locales)
        if (std::setlocale(LC_MESSAGES, name.c_str()) && answers()) return true;
    if (borrow_locale(catalogues)) return true;
    std::setlocale(LC_MESSAGES, "C");
    return false;
}

std::string catalogue_folder() {
    return (std::filesystem::path(core::executable_path()).parent_path().parent_path() / "share/locale").string();
}

} // namespace ferry::cli
