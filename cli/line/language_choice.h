// Which language the user wants, by all that he can say it with.
#pragma once

#include "cli/language/language.h"

#include <string>

namespace ferry::cli {

// Decides the language of this command line: --lang, FERRY_LANG, `lang` in the settings file, the locale. What is wrong
// there is left to the parser to report.
Language language_for(const std::string &flag, const std::string &settings_path);

} // namespace ferry::cli
