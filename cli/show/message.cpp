#include "cli/show/message.h"
#include "cli/language/language.h"

#include "core/base/tame.h"

#include <ferry/text.hpp>

#include <cstdio>

namespace ferry::cli {

void print_error_output(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

void show_line(const std::string &line) {
    print_error_output(line + "\n");
}

std::string warning_text(std::string_view text) {
    return tr("ferry: warning: {}", core::tame(text));
}

void show_warning(std::string_view text) {
    show_line(warning_text(text));
}

std::string error_text(const core::Error &error) {
    std::string text = tr("ferry: error: {}", core::tame(tr(error.message)));
    if (!error.remedy.empty()) text += "\n  -> " + core::tame(tr(error.remedy));
    return text;
}

} // namespace ferry::cli
