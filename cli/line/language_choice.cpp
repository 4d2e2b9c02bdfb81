#include "cli/line/language_choice.h"

#include "cli/line/settings.h"
#include "core/base/error.h"
#include "core/os/environment.h"

namespace ferry::cli {

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

} // namespace ferry::cli
